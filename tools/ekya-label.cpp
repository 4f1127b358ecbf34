// ekya-label: golden-model labels for a sampled part of a window.
//   in: ekya.window/1 (or --window)      out: ekya.labels/1, JSON Lines      stderr: messages
#include <unistd.h>

#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/class_names_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/device/confinement.hpp"
#include "ekya/device/device.hpp"
#include "ekya/label/window_labeller.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/store/store.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::cli::DeviceOptions device;
    ekya::LabelOptions label;
    int window = -1;
    std::string choice = "uncertain", effort = "once";
    std::vector<std::string> class_map, all_classes;
    bool replace = false;
};

void add_teacher_options(CLI::App& app, Options& o) {
    auto& golden = o.label.golden;
    app.add_option(
           "--teacher", golden.teacher,
           "annotations, an ONNX detector or classifier (.onnx), or a TorchScript classifier (.pt)")
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--teacher-kind", golden.kind,
                   "what an ONNX file is: detector or classifier; auto = detector unless --names "
                   "has the stream's classes")
        ->check(CLI::IsMember({"auto", "detector", "classifier"}))
        ->capture_default_str()
        ->group("Teacher");
    app.add_option(
           "--teacher-layout", golden.layout,
           "how a detector lays out its output: fastestdet, yolov5, yolov8 (also 9 and 11), "
           "yolox, ssd; auto = as the output's shape says")
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--teacher-effort", o.effort,
                   "of windows of detection, how often a detector looks at a frame: once; flip = "
                   "also mirrored (2 looks); tiles = also at 4 overlapping tiles, for small "
                   "objects (5); full = tiles of two sizes, all also mirrored (18)")
        ->check(CLI::IsMember({"once", "flip", "tiles", "full"}))
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--names", golden.names,
                   "the teacher's class names, one a line (default: what a script says itself; for "
                   "a detector the .names file beside it; else the stream's classes)")
        ->group("Teacher");
    app.add_option("--class-map", o.class_map,
                   "teacher=ours, repeatable, e.g. person=pedestrian; other names must agree")
        ->group("Teacher");
    app.add_option("--min-score", o.label.min_score, "labels below this confidence are left out")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--ignore-score", o.label.ignore_score,
                   "of windows of detection: boxes from this confidence up to --min-score are "
                   "neither objects nor background (default: half of --min-score)")
        ->check(CLI::Range(0.0, 1.0))
        ->group("Teacher");
    app.add_option("--input-size", golden.input_size,
                   "side of a classifier's input in pixels, 0 = as the model says (TorchScript "
                   "that does not: 224)")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Teacher");
}

void add_options(CLI::App& app, Options& o) {
    o.io.input = "";
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add(app, o.io);
    ekya::cli::add(app, o.device);
    app.get_option("--input")->description(
        "ekya.window/1 records that say which windows to label, - = stdin (default: --window of "
        "all streams)");
    app.add_option("--window", o.window, "label this window of the streams")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--fraction", o.label.fraction,
                   "part of the window's crops to label, of detection of its stored frames")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option(
           "--choice", o.choice,
           "which: uncertain (crops that the serving model is least sure of, frames in which its "
           "boxes are least what those before make one expect; uniform without one); change (those "
           "that look least like any chosen before); uniform")
        ->check(CLI::IsMember({"uniform", "change", "uncertain"}))
        ->capture_default_str();
    app.add_option("--uniform-part", o.label.uniform_part,
                   "of the labels that is drawn uniformly whatever the choice, so that accuracies "
                   "can be measured: on those alone, with uncertain on all labels, weighted")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--model", o.label.model,
                   "model of the store whose confidence --choice uncertain looks at (default: the "
                   "serving one)")
        ->check(ekya::cli::refuse_bad_name);
    app.add_option("--max-seconds", o.label.max_seconds,
                   "stop labelling a window after this time, the choice of what to label included; "
                   "0 = no limit. A golden model that does not answer by then is ended 5 s later, "
                   "with the process (exit 3 with some windows labelled, else 1)")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_flag("--replace", o.replace,
                 "label windows anew that have labels already (default: keep them)");
    add_teacher_options(app, o);
    ekya::cli::describe(
        app,
        {"ekya.window/1; windows of the store", "ekya.labels/1, JSON Lines, also into the store",
         "ekya-label --streams streams.json --store ekya-data --window 3 --fraction 0.3",
         "Ekya, NSDI 2022, section 2 (golden model)"});
}

/// Windows to label, by stream: from the records read, or --window for every stream.
std::vector<std::pair<ekya::StreamSource, int>> work_list(const Options& o,
                                                          ekya::cli::Context& context) {
    const auto streams =
        ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    std::vector<std::pair<ekya::StreamSource, int>> work;
    if (o.io.input.empty()) {
        if (o.window < 0) throw ekya::ConfigError("--window or --input is needed");
        for (const auto& stream : streams) work.emplace_back(stream, o.window);
        return work;
    }
    for (const auto& manifest : ekya::read_records<ekya::WindowManifest>(
             context.input(o.io), ekya::cli::Context::input_name(o.io)))
        for (const auto& stream : streams)
            if (stream.id == manifest.stream) work.emplace_back(stream, manifest.window);
    return work;
}

/// What the options say together. @throws ConfigError if they do not fit each other
void complete(Options& o) {
    auto& label = o.label;
    if (!label.model.empty() && o.choice != "uncertain")
        throw ekya::ConfigError("--model: --choice " + o.choice + " asks no model");
    if (label.ignore_score && *label.ignore_score > label.min_score)
        throw ekya::ConfigError("--ignore-score: is above --min-score");
    label.choice = ekya::sample_choice_from(o.choice);
    label.seed = o.seed.seed;
    label.class_map = ekya::class_map_from(o.class_map);
    label.golden.effort = ekya::teacher_effort_from(o.effort);
    label.golden.threads = o.device.threads;
    label.golden.device = o.device.device;
}

/// A golden model is a file of a stranger; a TorchScript is a program. From here on this process
/// reads and writes what labelling needs, and reaches no network.
void confine(const Options& o, const std::vector<std::pair<ekya::StreamSource, int>>& work,
             ekya::cli::Context& context) {
    if (o.label.golden.teacher == "annotations") return;
    namespace fs = std::filesystem;
    const auto directory_of = [](const fs::path& file) {
        return file.has_parent_path() ? file.parent_path() : fs::path(".");
    };
    const ekya::Store store(o.store.store);
    ekya::ConfinementOptions options;
    options.memory = ekya::limits::golden_model_memory;
    options.gpu = ekya::resolve_device(o.device.device) != "cpu";
    options.readable = {o.label.golden.teacher, o.store.store};
    // The names of a detector's classes lie beside it.
    if (o.label.golden.teacher.ends_with(".onnx")) {
        options.readable.push_back(directory_of(o.label.golden.teacher));
        try {  // also where a link leads
            options.readable.push_back(ekya::class_names_beside(o.label.golden.teacher));
        } catch (const ekya::InputError&) {
        }  // a classifier has none; a detector without them says so itself
    }
    if (!o.label.golden.names.empty()) options.readable.push_back(o.label.golden.names);
    for (const auto& [stream, window] : work) {
        if (!stream.annotations.empty()) options.readable.emplace_back(stream.annotations);
        options.writable.push_back(store.window_directory(stream.id, window));
    }
    if (o.io.output != "-" && !fs::is_other(o.io.output))
        options.writable.push_back(directory_of(o.io.output));
    for (const auto& open : ekya::confine(options))
        context.warn("the golden model is not confined in full: " + open);
}

/// The golden model does not answer, and cannot be made to: what is labelled is kept, the process
/// ends.
[[noreturn]] void give_up(const ekya::Store& store, ekya::cli::Output& output, bool any_before,
                          ekya::cli::Context& context, const std::string& why,
                          const ekya::LabelSet& labels) {
    bool any = any_before;
    try {
        context.stream_failed(labels.stream, why);
        if (!labels.labels.empty() || !labels.frames.empty()) {
            store.write_labels(labels);
            output.write(ekya::encode(labels));
            any = true;
        }
        output.commit();
    } catch (const std::exception& e) {
        context.warn(e.what());
    }
    int code = any ? 3 : 1;
    try {
        ekya::cli::Context::check_interrupted();
    } catch (const ekya::Interrupted& e) {
        code = 128 + e.signal;
    }
    ::_exit(code);
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    ekya::set_threads(o.device.threads);
    complete(o);
    const ekya::Store store(o.store.store);
    const auto work = work_list(o, context);
    for (const auto& stream : ekya::read_stream_list(o.streams.list))
        o.all_classes.insert(o.all_classes.end(), stream.classes.begin(), stream.classes.end());
    // A wrong map must not touch anything.
    ekya::check_class_map(o.label.class_map, {}, o.all_classes);
    const auto warn = [&](const std::string& text) { context.warn(text); };
    auto output = context.output(o.io);
    confine(o, work, context);
    bool any = false;
    ekya::cli::Progress progress("labelling", static_cast<double>(work.size()));
    double windows_done = 0;
    for (const auto& [stream, window] : work) {
        try {
            const bool done = !o.replace && store.has_labels(stream.id, window);
            const auto labels =
                done ? store.labels(stream.id, window)
                     : ekya::label_window(
                           {store, stream, window, o.label, o.all_classes, warn,
                            ekya::cli::Context::check_interrupted,
                            [&](const std::string& why, const ekya::LabelSet& so_far) {
                                give_up(store, output, any, context, why, so_far);
                            },
                            [&, id = stream.id](std::size_t labelled, std::size_t chosen) {
                                progress.update(windows_done + static_cast<double>(labelled) /
                                                                   static_cast<double>(chosen),
                                                id);
                            }});
            if (!done) store.write_labels(labels);
            if (const auto warning = ekya::warning_of(labels); !warning.empty())
                context.warn("stream " + stream.id + ": window " + std::to_string(window) + ": " +
                             warning);
            output.write(ekya::encode(labels));
            any = true;
        } catch (const ekya::Interrupted&) {
            throw;
        } catch (const ekya::ConfigError&) {
            throw;
        } catch (const ekya::Error& e) {
            context.stream_failed(stream.id, e.what());
        }
        ++windows_done;
    }
    output.commit();
    context.finish(work.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-label", "Label a sampled part of a window's objects or frames with a golden model.",
        argc, argv, add_options, run);
}
