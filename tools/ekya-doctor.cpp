// ekya-doctor: what this machine, a teacher and cameras are good for, before anything is recorded.
//   in: ekya.streams/1, cameras, a golden model      out: a table, or ekya.doctor/1
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <set>
#include <sstream>
#include <thread>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/device/share_holder.hpp"
#include "ekya/store/label_filter.hpp"
#include "ekya/store/retention.hpp"
#include "ekya/video/camera_check.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/onnx_detector.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    std::string teacher = "annotations", layout = "auto", names;
    std::vector<std::string> class_map;
    double min_score = 0.3, seconds = 8, look = 5;
    int crop_size = 32, sample_every = 1;
    bool json = false;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams, /*required=*/false);
    app.get_option("--streams")
        ->description(
            "stream list (JSON, schema ekya.streams/1); without it only the machine is "
            "looked at");
    ekya::cli::add(app, o.store);
    ekya::cli::add_output(app, o.io);
    app.add_option("--teacher", o.teacher, "annotations, or the golden model's file: a detector")
        ->capture_default_str();
    app.add_option("--teacher-layout", o.layout, "its output's layout (see ekya-label --help)")
        ->capture_default_str();
    app.add_option("--names", o.names, "its class names (see ekya-label --help)");
    app.add_option("--class-map", o.class_map, "teacher=ours, repeatable (see ekya-label --help)");
    app.add_option("--min-score", o.min_score, "least score of a detection")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--seconds", o.seconds, "to wait for a camera's first frame")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    app.add_option("--look", o.look, "seconds of video to watch for objects")
        ->check(CLI::Range(0.0, 600.0))
        ->capture_default_str();
    app.add_option("--crop-size", o.crop_size, "side of the object crops, as in ekya-serve")
        ->check(CLI::Range(8, 1024))
        ->capture_default_str();
    app.add_option("--sample-every", o.sample_every, "store crops of every n-th frame")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--json", o.json, "an ekya.doctor/1 record instead of the table");
    ekya::cli::describe(app, {"ekya.streams/1, its cameras, the golden model",
                              "a table for people, or ekya.doctor/1 (--json); exit 1 if the "
                              "service cannot run, 3 if some cameras cannot be used",
                              "ekya-doctor --streams streams.json --teacher golden.onnx",
                              "none; see docs/service.md"});
}

/// All cameras at the same time.
std::vector<ekya::CameraCheck> look_at(const std::vector<ekya::StreamSource>& streams,
                                       const Options& o) {
    std::vector<ekya::CameraCheck> checks(streams.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        auto& report = checks[i].report;
        report.stream = streams[i].id;
        try {
            threads.emplace_back([&, i] {
                try {
                    checks[i] = ekya::check_camera(streams[i], o.seconds, o.look,
                                                   ekya::cli::Context::interrupted);
                } catch (const std::exception& e) {
                    checks[i].report.problem = e.what();
                }
            });
        } catch (const std::system_error& e) {
            report.problem = "cannot start a thread: " + e.code().message();
        }
    }
    threads.clear();  // waits for them
    ekya::cli::Context::check_interrupted();
    return checks;
}

/// What the golden model makes of each camera's frames.
void ask_teacher(const Options& o, const std::vector<ekya::StreamSource>& streams,
                 std::vector<ekya::CameraCheck>& checks, ekya::DoctorReport& report,
                 const ekya::cli::Context& context) {
    if (o.teacher == "annotations") {
        for (const auto& stream : streams)
            if (stream.annotations.empty())
                report.teacher_problem =
                    "stream " + stream.id + " has no annotations; name a golden model (--teacher)";
        return;
    }
    try {
        ekya::OnnxDetectorOptions options;
        options.names = o.names;
        options.layout = o.layout;
        options.min_score = o.min_score;
        ekya::OnnxDetector detector(o.teacher, options);
        report.teacher_classes = detector.classes();
        std::set<std::string> all;
        for (const auto& stream : streams) all.insert(stream.classes.begin(), stream.classes.end());
        const std::vector<std::string> classes(all.begin(), all.end());
        const auto map = ekya::class_map_from(o.class_map);
        ekya::check_class_map(map, detector.classes(), classes);
        for (std::size_t i = 0; i < streams.size(); ++i) {
            if (checks[i].frames.empty()) continue;
            ekya::LabelFilter filter(streams[i].classes, map, o.min_score);
            for (const auto& frame : checks[i].frames)
                for (const auto& found : detector.detect(frame))
                    (void)filter.take({0, found.class_name, found.score});
            auto& camera = checks[i].report;
            camera.frames = static_cast<int>(checks[i].frames.size());
            camera.objects = filter.yield().asked;
            camera.usable = filter.yield().given;
            camera.other_classes = filter.yield().other_classes;
            ekya::estimate_growth(camera, o.crop_size, o.sample_every);
            if (const auto warning = ekya::warning_of(filter.yield()); !warning.empty())
                context.warn("stream " + streams[i].id + ": " + warning);
        }
    } catch (const ekya::InputError& e) {
        report.teacher_problem = e.what();
    }
}

ekya::DoctorReport machine(const Options& o) {
    ekya::DoctorReport report;
    report.cores = ekya::usable_cores();
    for (const auto& gpu : ekya::gpus(&report.why_no_gpu))
        report.gpus.push_back(
            {gpu.name, gpu.uuid, static_cast<double>(gpu.memory_bytes) / 1e9, gpu.multiprocessors});
    report.device = ekya::resolve_device("auto");
    report.bfloat16 = ekya::cpu_multiplies_bfloat16();
    ekya::ShareHolderOptions shares;
    shares.gpu = report.device != "cpu";
    shares.only_look = true;
    const ekya::ShareHolder holder(shares);
    report.why_not_mps = holder.why_not_mps();
    report.why_not_cgroup = holder.why_not_cgroup();
    report.share_holder = holder.kind();
    report.decoders = ekya::hardware_decoders(&report.missing_decoders);
    report.clock_synchronised = ekya::clock_is_synchronised();
    std::filesystem::path place = std::filesystem::absolute(o.store.store);
    while (!std::filesystem::exists(place)) place = place.parent_path();
    report.free_gigabytes = static_cast<double>(ekya::free_bytes(place)) / 1e9;
    return report;
}

std::string number(double value, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

std::string labels_of(const ekya::CameraReport& camera) {
    if (camera.objects < 0) return "-";
    std::string text = std::to_string(camera.usable) + " of " + std::to_string(camera.objects);
    for (const auto& [name, count] : camera.other_classes)
        text += ", " + name + " " + std::to_string(count);
    return text;
}

void print(const ekya::DoctorReport& report, ekya::cli::Output& output) {
    const auto line = [&](const std::string& name, const std::string& text) {
        output.write_line(name + std::string(14 - std::min<std::size_t>(name.size(), 13), ' ') +
                          text);
    };
    const auto because = [](const std::string& why) { return why.empty() ? "" : " (" + why + ")"; };
    line("cores",
         std::to_string(report.cores) + (report.bfloat16 ? ", which multiply bfloat16" : ""));
    for (const auto& gpu : report.gpus)
        line("GPU", gpu.name + ", " + number(gpu.memory_gigabytes, 0) + " GB, " +
                        std::to_string(gpu.multiprocessors) + " multiprocessors, " + gpu.uuid);
    if (report.gpus.empty()) line("GPU", "none" + because(report.why_no_gpu));
    line("networks",
         "run on " + (report.gpus.empty() ? "the CPU, all cores are one device" : report.device));
    line("shares", "held by " + report.share_holder + because(report.why_not_mps) +
                       because(report.why_not_cgroup));
    std::string decoders = "software";
    for (const auto& decoder : report.decoders) decoders += ", " + decoder;
    line("decoding", decoders);
    line("clock", report.clock_synchronised ? "follows a time server"
                                            : "follows no time server that the kernel knows of");
    line("disk", number(report.free_gigabytes, 1) + " GB free");
    if (report.teacher.empty()) {
        line("", report.can_run() ? "the loop can run" : "the loop cannot run");
        return;
    }
    line("teacher", report.teacher_problem.empty() ? report.teacher + ": works"
                                                   : "PROBLEM: " + report.teacher_problem);
    for (const auto& camera : report.cameras) {
        if (!camera.problem.empty()) {
            line(camera.stream, "PROBLEM: " + camera.problem);
            continue;
        }
        line(camera.stream,
             std::to_string(camera.width) + " x " + std::to_string(camera.height) + ", " +
                 number(camera.fps, 1) + " fps" + (camera.live ? "" : ", a file") +
                 ", first frame after " + number(camera.opened_after, 1) + " s" +
                 (camera.objects < 0 ? ""
                                     : "; usable labels in " + std::to_string(camera.frames) +
                                           " frames: " + labels_of(camera) + "; about " +
                                           number(camera.gigabytes_per_day, 1) + " GB a day"));
    }
    line("", report.can_run() ? "ekya-serve can run" : "ekya-serve cannot run");
}

void run(const Options& o, ekya::cli::Context& context) {
    std::vector<ekya::StreamSource> streams;
    if (!o.streams.list.empty())
        streams = ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    auto output = context.output(o.io);
    auto report = machine(o);
    if (!streams.empty()) report.teacher = o.teacher;
    auto checks = look_at(streams, o);
    ask_teacher(o, streams, checks, report, context);
    for (auto& check : checks) report.cameras.push_back(std::move(check.report));
    if (o.json)
        output.write(ekya::encode(report));
    else
        print(report, output);
    output.commit();
    if (!report.can_run())
        throw ekya::Error(report.teacher_problem.empty() ? "no camera can be used"
                                                         : report.teacher_problem);
    for (const auto& camera : report.cameras)
        if (!camera.problem.empty()) context.stream_failed(camera.stream, camera.problem);
    context.finish(streams.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-doctor", "Say what this machine, a golden model and cameras are good for.", argc,
        argv, add_options, run);
}
