// ekya-bench-teacher: how right a golden detector is, and what it costs, by effort
// (--teacher-effort).
//   out: a table in Markdown; F1 of one class against boxes drawn by hand, IoU 0.3
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "ekya/core/box_matching.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/frame_source.hpp"
#include "ekya/video/teacher_effort.hpp"

namespace {

struct Options {
    std::string teacher, class_name = "car";
    std::vector<std::string> teacher_names{"car", "truck", "bus"}, classes{"car"}, videos;
    int every = 10;
    double min_score = 0.3;
};

struct Outcome {
    ekya::BoxCounts counts;
    double seconds = 0;
    int frames = 0;
};

template <typename Names> bool has(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Outcome measure(const Options& o, const std::string& video, ekya::TeacherEffort effort) {
    const auto csv = video.substr(0, video.rfind('.')) + ".csv";
    const auto table = ekya::read_annotations(csv, o.classes);
    ekya::OnnxDetector detector(o.teacher, {.min_score = o.min_score / 2, .threads = 1});
    ekya::FrameSource source(video);
    Outcome outcome;
    for (ekya::Frame frame; source.next(frame);) {
        if (frame.index % o.every != 0) continue;
        const auto& image = frame.image();
        const auto start = std::chrono::steady_clock::now();
        const auto found = ekya::detect_with_effort(
            [&](const ekya::FrameImage& part) { return detector.detect(part); }, image, effort);
        outcome.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        ++outcome.frames;
        std::vector<ekya::ScoredBox> answers;
        for (const auto& d : found)
            if (d.score >= o.min_score && has(o.teacher_names, d.class_name))
                answers.push_back({d.box, 0, d.score});
        std::vector<ekya::TargetBox> objects;
        for (const auto& row : table.of(frame.index))
            if (row.class_name == o.class_name) objects.push_back({row.box, 0});
        outcome.counts += ekya::count_matches(answers, objects);
    }
    return outcome;
}

void run(const Options& o) {
    std::printf(
        "| video | effort | F1 | precision | recall | ms a frame |\n|---|---|---|---|---|---|\n");
    for (const auto& video : o.videos)
        for (const char* effort : {"once", "flip", "tiles", "full"}) {
            const auto [counts, seconds, frames] =
                measure(o, video, ekya::teacher_effort_from(effort));
            const auto share = [&](std::int64_t of) {
                return of > 0 ? static_cast<double>(counts.matched) / static_cast<double>(of) : 0;
            };
            const auto name = video.substr(video.rfind('/') + 1);
            std::printf("| %s | %s | %.3f | %.2f | %.2f | %.0f |\n", name.c_str(), effort,
                        counts.f1(), share(counts.answers), share(counts.objects),
                        1000 * seconds / frames);
        }
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app("How right a golden detector is, by effort.");
    app.add_option("--teacher", o.teacher, "ONNX detector")->required();
    app.add_option("--teacher-classes", o.teacher_names, "its classes that are the one measured")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--class", o.class_name, "class that is measured")->capture_default_str();
    app.add_option("--classes", o.classes, "all classes in the annotations")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--every", o.every, "look at every n-th frame")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--min-score", o.min_score, "boxes below are no answers")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("videos", o.videos, "each with its boxes beside it, NAME.csv")->required();
    CLI11_PARSE(app, argc, argv);
    try {
        run(o);
    } catch (const ekya::Error& e) {
        std::fprintf(stderr, "ekya-bench-teacher: error: %s\n", e.what());
        return 1;
    }
    return 0;
}
