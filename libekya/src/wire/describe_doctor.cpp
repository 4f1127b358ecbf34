// What ekya-doctor reports.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<CameraReport>& o) {
    using R = CameraReport;
    wire::stream_field(o, &R::stream);
    o.field("problem", &R::problem).text("why it cannot be used; empty = it can");
    o.field("width", &R::width)
        .within(0, limits::side_pixels)
        .text("width of its frames")
        .unit("pixels");
    o.field("height", &R::height)
        .within(0, limits::side_pixels)
        .text("height of its frames")
        .unit("pixels");
    o.field("fps", &R::fps).at_least(0).text("frames per second, nominal");
    o.field("live", &R::live).text("false for a file or a directory of images");
    o.field("opened_after", &R::opened_after)
        .at_least(0)
        .text("time until its first frame")
        .unit("seconds");
    o.field("frames", &R::frames).at_least(0).text("frames that the teacher was asked about");
    o.field("objects", &R::objects)
        .at_least(-1)
        .text("objects that it found in them; -1 = it was not asked");
    o.field("usable", &R::usable).at_least(0).text("of them those of the stream's classes");
    o.field("other_classes", &R::other_classes)
        .text("of them the others, by the teacher's name for them");
    o.field("gigabytes_per_day", &R::gigabytes_per_day)
        .at_least(0)
        .text("object crops of a day, if all frames are like these")
        .unit("10^9 bytes");
}

void describe(wire::Object<GpuReport>& o) {
    using R = GpuReport;
    o.field("name", &R::name).text("as its driver says");
    o.field("uuid", &R::uuid).text("of the GPU or the MIG instance");
    o.field("memory_gigabytes", &R::memory_gigabytes)
        .at_least(0)
        .text("its memory")
        .unit("10^9 bytes");
    o.field("multiprocessors", &R::multiprocessors).at_least(0).text("its multiprocessors");
}

void describe(wire::Object<DoctorReport>& o) {
    using R = DoctorReport;
    o.record("ekya.doctor/1", "What a machine, a teacher and cameras are good for.");
    o.field("cores", &R::cores).at_least(1).text("cores that may be used");
    o.field("gpus", &R::gpus).text("GPUs that networks can run on, \"cuda:0\" first");
    o.field("why_no_gpu", &R::why_no_gpu).text("what is in the way of any; empty = there is one");
    o.field("device", &R::device).text("what networks will run on: cpu or cuda:0");
    o.field("bfloat16", &R::bfloat16)
        .text("whether the CPU multiplies bfloat16 itself, which makes inference faster");
    o.field("share_holder", &R::share_holder)
        .one_of({"mps", "cgroup", "threads"})
        .text("what will hold jobs to their shares");
    o.field("why_not_mps", &R::why_not_mps)
        .text("with a GPU: why MPS cannot hold its shares; empty = it can");
    o.field("why_not_cgroup", &R::why_not_cgroup)
        .text("why control groups cannot; empty = they can");
    o.field("decoders", &R::decoders).text("devices that can decode video besides the CPU");
    o.field("missing_decoders", &R::missing_decoders).text("those that cannot, and why");
    o.field("clock_synchronised", &R::clock_synchronised)
        .text("whether the kernel says that its clock follows a time server");
    o.field("free_gigabytes", &R::free_gigabytes)
        .at_least(0)
        .text("free space of the store's disk")
        .unit("10^9 bytes");
    o.field("teacher", &R::teacher).text("the golden model, as it was given");
    o.field("teacher_problem", &R::teacher_problem).text("why it cannot be used; empty = it can");
    o.field("teacher_classes", &R::teacher_classes).text("its classes; empty = not known");
    o.field("cameras", &R::cameras).text("each camera of the list");
}

}  // namespace ekya
