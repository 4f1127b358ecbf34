// scratch experiment
#include <torch/torch.h>
#include <cstdio>
#include <map>
#include <random>
#include <fstream>
#include "ekya/core/samples.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/wire/stream_list.hpp"
#include "ekya/device/device.hpp"
using namespace ekya;
#include "ekya/core/clock.hpp"
#include "ekya/device/share_limit.hpp"
static double device_seconds_cpu(){return ekya::device_seconds("cpu")*ekya::device_cores();}
double opt(const char* n, double d){ const char* v=getenv(n); return v?atof(v):d; }
int main(int argc,char**argv){
  set_threads(1);
  const std::string list=argv[1]; const double window=opt("WINDOW",10); const int every=(int)opt("EVERY",1);
  Architecture a; a.task=detection_task; a.network=getenv("NET")?getenv("NET"):"resnet18"; a.width=opt("WIDTH",0.125); a.input_size=(int)opt("SIZE",320); a.input_height=(int)opt("HEIGHT",240);
  for(auto& s: read_stream_list(list)){
    a.classes=(int)s.classes.size();
    FrameSource src(s.source); auto table=read_annotations(s.annotations,s.classes); check_inside(table,src.width(),src.height());
    std::map<int,LabelledFrames> win; Frame f; std::map<int,int> n;
    const int maxw=(int)opt("MAXW",1000);
    while(src.next(f)){ if(f.index%every) continue; int w=(int)(f.time/window+1e-6); if(w>=maxw)break;
      auto& W=win[w]; auto img=std::make_shared<FrameImage>(decode_image(encode_image(f.image(),"jpg"))); W.images.push_back(img);
      std::vector<TargetBox> b; for(auto& an: table.of(f.index)){ int l=0; for(size_t i=0;i<s.classes.size();++i) if(s.classes[i]==an.class_name) l=(int)i; b.push_back({an.box,l,false}); } W.boxes.push_back(b);}
    const double fraction=opt("FRACTION",0.3); std::mt19937 rng((unsigned)opt("SEED",1));
    std::map<int,LabelledFrames> lab;
    for(auto&[w,W]:win){ std::vector<size_t> idx(W.count()); for(size_t i=0;i<idx.size();++i) idx[i]=i; std::shuffle(idx.begin(),idx.end(),rng); idx.resize((size_t)std::lround(fraction*W.count())); std::sort(idx.begin(),idx.end()); for(auto i:idx) lab[w].append(W,i);}
    auto f1=[&](TrainedModel& m,const LabelledFrames& W,double thr){ BoxCounts c; std::vector<const FrameImage*> im; for(auto&i:W.images) im.push_back(i.get()); auto d=m.detect(im,thr); for(size_t i=0;i<d.size();++i) c+=count_matches(d[i],W.boxes[i]); return c.f1();};
    LabelledFrames base; for(int w=0;w<2;++w) for(size_t i=0;i<lab[w].count();++i) base.append(lab[w],i);
    TrainingJob job; job.architecture=a; job.fresh=&base; job.config={(int)opt("BASE_EPOCHS",100),1,TrainedLayers::all,(int)opt("BATCH",4),0,opt("BASE_LR",0.02)}; job.seed=(unsigned)opt("SEED",1); job.precision=getenv("MIXED")?Precision::automatic:Precision::full; job.augmentation=opt("AUG",1);
    double t0=device_seconds_cpu();
    auto [o,m]=train(job);
    std::printf("%s base %zu frames %d epochs loss %.3f cpu %.1f s params %lld macs %.1fM  f1 own %.3f\n",s.id.c_str(),base.count(),o.epochs,o.final_loss,device_seconds_cpu()-t0,(long long)o.parameters,(double)multiply_accumulates(a)/1e6,f1(m,base,0.3)); std::fflush(stdout);
    m.save("/tmp/scratch/base.pt");
    const double thr[]={0.2,0.3,0.4,0.5};
    std::map<double,std::array<double,3>> sum; int count=0; LabelledFrames memory=base; std::string cur="/tmp/scratch/base.pt"; std::optional<TrainedModel> before;
    double cpu=0;
    for(auto&[w,W]:win){ if(w<2) continue; if(w==2) { }
      // retrained on window w-1 (+memory)
      TrainingJob r=job; LabelledFrames fresh=lab[w-1]; LabelledFrames ex; std::vector<size_t> idx(memory.count()); for(size_t i=0;i<idx.size();++i) idx[i]=i; std::shuffle(idx.begin(),idx.end(),rng); for(size_t i=0;i<std::min<size_t>((size_t)opt("MEM",20),idx.size());++i) ex.append(memory,idx[i]);
      r.fresh=&fresh; r.exemplars=&ex; r.start_weights=cur; r.start_architecture=a; r.config.epochs=(int)opt("EPOCHS",15); r.config.learning_rate=opt("LR",0.01); if(getenv("HEAD")) r.config.layers=TrainedLayers::head; if(getenv("LAST")) r.config.layers=TrainedLayers::last_stage;
      double t=device_seconds_cpu(); auto [ro,rm]=train(r); cpu+=device_seconds_cpu()-t;
      rm.save("/tmp/scratch/cur.pt"); cur="/tmp/scratch/cur.pt";
      for(size_t i=0;i<fresh.count();++i) memory.append(fresh,i);
      for(double th:thr){ double f0=f1(m,W,th), f1_=f1(rm,W,th); sum[th][0]+=f0; sum[th][1]+=f1_; if(th==0.3) std::printf("  w%d none %.3f retrained %.3f loss %.3f\n",w,f0,f1_,ro.final_loss); }
      ++count; std::fflush(stdout);
    }
    for(double th:thr) std::printf("  thr %.1f none %.3f retrained %.3f\n",th,sum[th][0]/count,sum[th][1]/count);
    std::vector<const FrameImage*> im{win[0].images[0].get()}; double t=device_seconds_cpu(); for(int i=0;i<30;++i) m.detect(im,0.3); std::printf("  retraining cpu %.2f s, inference %.1f ms\n",cpu/count,(device_seconds_cpu()-t)/30*1000);
  }
}
