#include "ekya/video/camera_check.hpp"

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/frame_source.hpp"

namespace ekya {
namespace {

constexpr std::size_t most_frames = 20;
constexpr double day = 86400, gigabyte = 1e9;

}  // namespace

void estimate_growth(CameraReport& report, int crop_size, int sample_every) {
    report.gigabytes_per_day = 0;
    if (report.frames <= 0 || report.objects <= 0) return;
    const double crop = 3.0 * crop_size * crop_size;  // stored without compression
    const double crops_a_second = report.objects * report.fps / report.frames / sample_every;
    report.gigabytes_per_day = crops_a_second * crop * day / gigabyte;
}

CameraCheck check_camera(const StreamSource& stream, Seconds limit, Seconds look,
                         const std::function<bool()>& cancelled) {
    CameraCheck check;
    check.report.stream = stream.id;
    const SystemClock clock;
    const Seconds start = clock.now();
    try {
        FrameSourceOptions options;
        options.fps = stream.fps;
        options.allow = stream.allow;
        options.open_timeout = limit;
        options.read_timeout = limit;
        options.max_reconnects = 0;
        options.cancelled = cancelled;
        FrameSource source(stream.source, options);
        Frame frame;
        if (!source.next(frame)) throw InputError(source.name() + ": gives no frame");
        check.report.opened_after = clock.now() - start;
        check.report.width = source.width();
        check.report.height = source.height();
        check.report.fps = source.fps();
        check.report.live = source.is_live();
        if (!stream.annotations.empty()) (void)read_annotations(stream.annotations, stream.classes);
        const Seconds first = frame.time;
        do {
            const auto taken = static_cast<double>(check.frames.size());
            if (frame.time - first >= taken * look / most_frames)
                check.frames.push_back(frame.image());
        } while (check.frames.size() < most_frames && source.next(frame) &&
                 frame.time - first <= look);
    } catch (const Error& e) {
        check.report.problem = e.what();
    }
    return check;
}

}  // namespace ekya
