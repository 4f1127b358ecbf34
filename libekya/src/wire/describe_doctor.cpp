// What ekya-doctor reports.
#include "describe_parts.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

void describe(wire::Object<CameraReport>& o) {
    using R = CameraReport;
    wire::stream_field(o, &R::stream);
    o.field("problem", &R::problem).text("why it cannot be used; empty = it can");
    o.field("width", &R::width).at_least(0).text("width of its frames").unit("pixels");
    o.field("height", &R::height).at_least(0).text("height of its frames").unit("pixels");
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

void describe(wire::Object<DoctorReport>& o) {
    using R = DoctorReport;
    o.record("ekya.doctor/1", "What a machine, a teacher and cameras are good for.");
    o.field("cores", &R::cores).at_least(1).text("cores that may be used");
    o.field("gpu", &R::gpu).text("whether there is a GPU");
    o.field("share_holder", &R::share_holder)
        .one_of({"cgroup", "threads"})
        .text("what will hold jobs to their shares");
    o.field("why_not_cgroup", &R::why_not_cgroup)
        .text("why control groups cannot; empty = they can");
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
