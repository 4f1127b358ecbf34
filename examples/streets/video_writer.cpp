#include "video_writer.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <array>
#include <string>

#include "errors.hpp"

namespace ekya::streets {
namespace {

constexpr int frames_between_keys = 30;

std::string text_of(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    if (av_strerror(code, text.data(), text.size()) < 0) return "error " + std::to_string(code);
    return text.data();
}

}  // namespace

void VideoWriter::Free::operator()(AVCodecContext* encoder) const {
    avcodec_free_context(&encoder);
}
void VideoWriter::Free::operator()(AVFrame* frame) const { av_frame_free(&frame); }
void VideoWriter::Free::operator()(AVPacket* packet) const { av_packet_free(&packet); }
void VideoWriter::Free::operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
void VideoWriter::Free::operator()(AVFormatContext* file) const {
    if (file->pb != nullptr) avio_closep(&file->pb);
    avformat_free_context(file);
}

void VideoWriter::check(int code, const char* what) const {
    if (code < 0) throw WorkError(path_.string() + ": " + what + ": " + text_of(code));
}

VideoWriter::VideoWriter(std::filesystem::path file, cv::Size size, int fps)
    : path_(std::move(file)) {
    av_log_set_level(AV_LOG_ERROR);  // messages are ours; x264 would tell its life to stderr
    AVFormatContext* made = nullptr;
    // The name of the file ends in ".part" while it is written, so the container is named here.
    check(avformat_alloc_output_context2(&made, nullptr, "mp4", path_.c_str()),
          "cannot set up an mp4 file");
    file_.reset(made);
    open_encoder(size, fps);
    open_file();

    picture_.reset(av_frame_alloc());
    packet_.reset(av_packet_alloc());
    scaler_.reset(sws_getContext(size.width, size.height, AV_PIX_FMT_BGR24, size.width, size.height,
                                 AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (!picture_ || !packet_ || !scaler_)
        throw WorkError(path_.string() + ": no memory for the encoder");
    picture_->format = AV_PIX_FMT_YUV420P;
    picture_->width = size.width;
    picture_->height = size.height;
    check(av_frame_get_buffer(picture_.get(), 0), "no memory for a picture");
    picture_->pts = 0;
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::open_encoder(cv::Size size, int fps) {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    if (codec == nullptr)
        throw WorkError(path_.string() +
                        ": this FFmpeg has no encoder libx264; expected one built with x264");
    encoder_.reset(avcodec_alloc_context3(codec));
    if (!encoder_) throw WorkError(path_.string() + ": no memory for the encoder");
    encoder_->width = size.width;
    encoder_->height = size.height;
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->time_base = {1, fps};
    encoder_->framerate = {fps, 1};
    encoder_->gop_size = frames_between_keys;
    encoder_->thread_count = 1;  // cameras are what runs side by side
    if ((file_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
        encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(av_opt_set(encoder_->priv_data, "preset", "veryfast", 0), "libx264: preset veryfast");
    check(av_opt_set(encoder_->priv_data, "crf", "23", 0), "libx264: crf 23");
    check(avcodec_open2(encoder_.get(), codec, nullptr), "cannot open libx264");
}

void VideoWriter::open_file() {
    stream_ = avformat_new_stream(file_.get(), nullptr);
    if (stream_ == nullptr) throw WorkError(path_.string() + ": no memory for a stream");
    stream_->time_base = encoder_->time_base;
    stream_->avg_frame_rate = encoder_->framerate;
    check(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()),
          "cannot describe the stream");
    check(avio_open(&file_->pb, path_.c_str(), AVIO_FLAG_WRITE), "cannot open for writing");
    AVDictionary* options = nullptr;
    int code = av_dict_set(&options, "movflags", "+faststart", 0);
    if (code >= 0) code = avformat_write_header(file_.get(), &options);
    av_dict_free(&options);
    check(code, "cannot write the header");
}

void VideoWriter::write(const cv::Mat& frame) {
    // The encoder may still read the picture of the last call.
    check(av_frame_make_writable(picture_.get()), "no memory for a picture");
    const std::uint8_t* planes[] = {frame.data};
    const int strides[] = {static_cast<int>(frame.step[0])};
    check(sws_scale(scaler_.get(), planes, strides, 0, frame.rows, picture_->data,
                    picture_->linesize),
          "cannot convert a frame");
    encode(picture_.get());
    ++picture_->pts;
}

void VideoWriter::encode(const AVFrame* frame) {
    check(avcodec_send_frame(encoder_.get(), frame), "cannot encode a frame");
    for (;;) {
        const int code = avcodec_receive_packet(encoder_.get(), packet_.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        check(code, "cannot encode a frame");
        packet_->duration = 1;
        packet_->stream_index = stream_->index;
        av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
        check(av_interleaved_write_frame(file_.get(), packet_.get()), "cannot write");
    }
}

void VideoWriter::finish() {
    encode(nullptr);
    check(av_write_trailer(file_.get()), "cannot write the index");
    check(avio_closep(&file_->pb), "cannot close");
}

}  // namespace ekya::streets
