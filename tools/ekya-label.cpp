// ekya-label: golden-model labels for a sampled part of a window.
//   in: ekya.window/1 (or --window)      out: ekya.labels/1, JSON Lines      stderr: messages
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <span>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/script_classifier.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/store/label_filter.hpp"
#include "ekya/store/sample_choice.hpp"
#include "ekya/store/store.hpp"
#include "ekya/video/annotation_teacher.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/video/onnx_classifier.hpp"
#include "ekya/video/onnx_detector.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::cli::DeviceOptions device;
    int window = -1;
    double fraction = 0.3, max_seconds = 0, min_score = 0.3, uniform_part = 0.5;
    std::string choice = "uncertain", model;
    std::string teacher = "annotations", kind = "auto", layout = "auto", names;
    std::vector<std::string> class_map, all_classes;
    int input_size = 0;
    bool replace = false;
};

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
    app.add_option("--fraction", o.fraction, "part of the window's crops to label")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--choice", o.choice,
                   "which: uncertain (those the serving model is least sure of; uniform without "
                   "one); change (those that look least like any chosen before); uniform")
        ->check(CLI::IsMember({"uniform", "change", "uncertain"}))
        ->capture_default_str();
    app.add_option("--uniform-part", o.uniform_part,
                   "of the labels that is drawn uniformly whatever the choice, so that accuracies "
                   "can be measured: on those alone, with uncertain on all labels, weighted")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--model", o.model,
                   "model of the store whose confidence --choice uncertain looks at (default: the "
                   "serving one)");
    app.add_option("--max-seconds", o.max_seconds,
                   "stop labelling a window after this time, the choice of what to label included; "
                   "0 = no limit")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_flag("--replace", o.replace,
                 "label windows anew that have labels already (default: keep them)");
    app.add_option(
           "--teacher", o.teacher,
           "annotations, an ONNX detector or classifier (.onnx), or a TorchScript classifier (.pt)")
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--teacher-kind", o.kind,
                   "what an ONNX file is: detector or classifier; auto = detector unless --names "
                   "has the stream's classes")
        ->check(CLI::IsMember({"auto", "detector", "classifier"}))
        ->capture_default_str()
        ->group("Teacher");
    app.add_option(
           "--teacher-layout", o.layout,
           "how a detector lays out its output: fastestdet, yolov5, yolov8 (also 9 and 11), "
           "yolox, ssd; auto = as the output's shape says")
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--names", o.names,
                   "the teacher's class names, one a line (default: what a script says itself; for "
                   "a detector the .names file beside it; else the stream's classes)")
        ->group("Teacher");
    app.add_option("--class-map", o.class_map,
                   "teacher=ours, repeatable, e.g. person=pedestrian; other names must agree")
        ->group("Teacher");
    app.add_option("--min-score", o.min_score, "labels below this confidence are left out")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Teacher");
    app.add_option("--input-size", o.input_size,
                   "side of a classifier's input in pixels, 0 = as the model says (TorchScript "
                   "that does not: 224)")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Teacher");
    ekya::cli::describe(
        app,
        {"ekya.window/1; windows of the store", "ekya.labels/1, JSON Lines, also into the store",
         "ekya-label --streams streams.json --store ekya-data --window 3 --fraction 0.3",
         "Ekya, NSDI 2022, section 2 (golden model)"});
}

/// One object to label.
struct Query {
    const ekya::FrameObjects* frame;
    std::size_t object;
    std::size_t crop;
};
/// Labels a few objects of one stream; an empty name = no label.
using Ask = std::function<std::vector<ekya::Label>(const ekya::WindowManifest&,
                                                   const ekya::CropBatch&, std::span<const Query>)>;
struct Teacher {
    Ask ask;
    std::vector<std::string> names = {};  ///< of its classes; empty = not known
};

std::vector<std::string> read_names(const std::string& file) {
    std::vector<std::string> names;
    std::string line;
    std::istringstream lines(ekya::read_file(file));
    while (std::getline(lines, line)) {
        while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
            line.pop_back();
        if (!line.empty()) names.push_back(line);
    }
    return names;
}

Teacher annotation_teacher(const ekya::StreamSource& stream) {
    if (stream.annotations.empty())
        throw ekya::InputError("the stream list names no annotations; choose another --teacher");
    auto table = std::make_shared<ekya::AnnotationTable>(
        ekya::read_annotations(stream.annotations, stream.classes));
    return {[table, clipped = false](const auto& manifest, const auto&, auto queries) mutable {
        if (!clipped) ekya::check_inside(*table, manifest.width, manifest.height);
        clipped = true;
        std::vector<ekya::Label> labels;
        for (const Query& query : queries) {
            const auto& object = query.frame->objects[query.object];
            labels.push_back(
                {object.crop,
                 ekya::annotated_class(*table, query.frame->frame, query.object, object.box)
                     .value_or(""),
                 1});
        }
        return labels;
    }};
}

ekya::CropBatch crops_of(const ekya::CropBatch& all, std::span<const Query> queries) {
    ekya::CropBatch part;
    for (const Query& query : queries) part.append(all, query.crop);
    return part;
}

/// Turns predictions of any classifier into labels.
template <typename Model>
Teacher classifier_teacher(std::shared_ptr<Model> model, std::vector<std::string> names) {
    const Ask ask = [model, names](const auto&, const ekya::CropBatch& crops, auto queries) {
        const auto predictions = model->classify(crops_of(crops, queries));
        std::vector<ekya::Label> labels;
        for (std::size_t i = 0; i < queries.size(); ++i) {
            const auto index = static_cast<std::size_t>(predictions[i].class_index);
            if (index >= names.size())
                throw ekya::InputError("teacher answers class " + std::to_string(index) +
                                       ", --names has " + std::to_string(names.size()));
            labels.push_back(
                {static_cast<int>(queries[i].crop), names[index], predictions[i].probability});
        }
        return labels;
    };
    return {ask, names};
}

/// The detector sees whole frames, kept by ekya-ingest --keep-frames; an object takes the class of
/// the detection over it.
Teacher detector_teacher(std::shared_ptr<ekya::OnnxDetector> detector, ekya::Store store) {
    const Ask ask = [detector, store, image_of = std::string(),
                     found = std::vector<ekya::Detection>()](const auto& manifest, const auto&,
                                                             auto queries) mutable {
        std::vector<ekya::Label> labels;
        for (const Query& query : queries) {
            if (query.frame->image.empty())
                throw ekya::InputError(
                    "window " + std::to_string(manifest.window) +
                    " keeps no frames, which a detector needs; ingest with --keep-frames jpg");
            const auto file =
                store.window_directory(manifest.stream, manifest.window) / query.frame->image;
            if (image_of != file) found = detector->detect(ekya::read_image(file));
            image_of = file;
            const auto& object = query.frame->objects[query.object];
            ekya::Label label{object.crop, "", 0};
            double most = 0.5;
            for (const auto& detection : found)
                if (const double overlap = ekya::iou(detection.box, object.box); overlap >= most) {
                    most = overlap;
                    label.class_name = detection.class_name;
                    label.score = detection.score;
                }
            labels.push_back(label);
        }
        return labels;
    };
    return {ask, detector->classes()};
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Teacher teacher_for(const Options& o, const ekya::StreamSource& stream, const ekya::Store& store) {
    if (o.teacher == "annotations") return annotation_teacher(stream);
    const auto names = o.names.empty() ? stream.classes : read_names(o.names);
    if (ends_with(o.teacher, ".onnx")) {
        const bool classifier = o.kind == "classifier" ||
                                (o.kind == "auto" && !o.names.empty() && names == stream.classes);
        if (!classifier) {
            ekya::OnnxDetectorOptions options;
            options.names = o.names;
            options.layout = o.layout;
            options.min_score = o.min_score;
            options.threads = o.device.threads;
            return detector_teacher(std::make_shared<ekya::OnnxDetector>(o.teacher, options),
                                    store);
        }
        ekya::OnnxClassifierOptions options;
        options.input_size = o.input_size;
        options.threads = o.device.threads;
        return classifier_teacher(std::make_shared<ekya::OnnxClassifier>(o.teacher, names, options),
                                  names);
    }
    ekya::ScriptClassifierOptions options;
    if (o.input_size > 0) options.input_size = o.input_size;
    const auto script = std::make_shared<ekya::ScriptClassifier>(
        o.teacher, ekya::resolve_device(o.device.device), options);
    return classifier_teacher(
        script, o.names.empty() && !script->classes().empty() ? script->classes() : names);
}

/// The model that labels are chosen for: the stream's serving one, or the one named.
class Student {
public:
    Student(const Options& o, const ekya::Store& store, const std::string& stream, std::string id)
        : card_(store.model(stream, id)),
          model_(card_.architecture, store.weights_file(stream, id),
                 ekya::resolve_device(o.device.device)) {}

    [[nodiscard]] const ekya::ModelCard& card() const { return card_; }
    [[nodiscard]] std::vector<double> confidence(const ekya::CropBatch& crops) {
        std::vector<double> confidence;
        for (const auto& prediction : model_.classify(crops)) {
            if (!std::isfinite(prediction.probability))
                throw ekya::InputError("model " + card_.id +
                                       " answers with a probability that is not finite");
            confidence.push_back(prediction.probability);
        }
        return confidence;
    }
    [[nodiscard]] ekya::Agreement agreement(const ekya::CropBatch& crops,
                                            const std::vector<ekya::Label>& labels) {
        ekya::CropBatch labelled;
        for (const auto& label : labels)
            labelled.append(crops, static_cast<std::size_t>(label.crop));
        std::vector<std::string> answers;
        if (!labels.empty())
            for (const auto& prediction : model_.classify(labelled))
                answers.push_back(
                    card_.classes.at(static_cast<std::size_t>(prediction.class_index)));
        return ekya::agreement_of(card_.id, labels, answers);
    }

private:
    ekya::ModelCard card_;
    ekya::Classifier model_;
};

/// None if the stream has no model yet, or a damaged one: labels are what mends such a stream.
std::optional<Student> student_of(const Options& o, const ekya::Store& store,
                                  const std::string& stream, ekya::cli::Context& context) {
    const auto id = o.model.empty() ? store.serving(stream).value_or("") : o.model;
    if (id.empty()) return std::nullopt;
    try {
        return std::optional<Student>(std::in_place, o, store, stream, id);
    } catch (const ekya::InputError& e) {
        if (!o.model.empty()) throw;
        context.warn("stream " + stream + ": " + e.what() + "; the labels are drawn uniformly");
        return std::nullopt;
    }
}

std::vector<ekya::ChosenCrop> crops_to_label(const Options& o, const ekya::WindowManifest& manifest,
                                             const ekya::CropBatch& crops,
                                             std::optional<Student>& student,
                                             ekya::cli::Context& context) {
    ekya::SampleOptions options{
        o.fraction, ekya::sample_choice_from(o.choice), o.uniform_part, o.seed.seed, {}};
    const bool any_choice = o.fraction > 0 && o.fraction < 1;
    if (options.choice == ekya::SampleChoice::uncertain && any_choice && student) try {
            options.confidence = [confidence = student->confidence(crops)](const ekya::CropBatch&) {
                return confidence;
            };
        } catch (const ekya::InputError& e) {
            if (!o.model.empty()) throw;
            context.warn("stream " + manifest.stream + ": " + e.what() +
                         "; the labels are drawn uniformly");
            student.reset();
        }
    return ekya::choose_crops(manifest, crops, options);
}

ekya::LabelSet label_window(const Options& o, const ekya::Store& store,
                            const ekya::StreamSource& stream, int window,
                            ekya::cli::Context& context) {
    const ekya::SystemClock clock;
    const auto start = clock.now();
    const auto manifest = store.window(stream.id, window);
    const auto crops = store.crops(manifest);
    const auto map = ekya::class_map_from(o.class_map);
    Teacher teacher = teacher_for(o, stream, store);
    ekya::check_class_map(map, teacher.names, o.all_classes);
    ekya::LabelFilter filter(stream.classes, map, o.min_score);
    std::vector<Query> queries;
    std::map<int, ekya::ChosenCrop> chosen;  // by crop
    auto student = student_of(o, store, stream.id, context);
    for (const auto& c : crops_to_label(o, manifest, crops, student, context)) {
        const auto& r = c.reference;
        queries.push_back({&manifest.frames[r.frame], r.object, static_cast<std::size_t>(r.crop)});
        chosen.emplace(r.crop, c);
    }

    ekya::LabelSet set{stream.id,  window, std::filesystem::path(o.teacher).filename().string(),
                       o.fraction, true,   0,
                       {}};
    constexpr std::size_t step = 16;  // objects between two looks at the clock
    for (std::size_t first = 0; first < queries.size() && set.complete; first += step) {
        ekya::cli::Context::check_interrupted();
        const auto part = std::span(queries).subspan(first, std::min(step, queries.size() - first));
        for (auto& answer : teacher.ask(manifest, crops, part)) {
            answer.uniform = chosen.at(answer.crop).uniform;
            answer.weight = chosen.at(answer.crop).weight;
            if (auto label = filter.take(std::move(answer)))
                set.labels.push_back(std::move(*label));
        }
        set.complete = o.max_seconds <= 0 || clock.now() - start < o.max_seconds ||
                       first + step >= queries.size();
    }
    set.yield = filter.yield();
    const bool is_new = student && std::find(student->card().data_windows.begin(),
                                             student->card().data_windows.end(),
                                             window) == student->card().data_windows.end();
    if (is_new) set.agreement = student->agreement(crops, set.labels);
    set.seconds = clock.now() - start;
    return set;
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

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    ekya::set_threads(o.device.threads);
    if (!o.model.empty() && o.choice != "uncertain")
        throw ekya::ConfigError("--model: --choice " + o.choice + " asks no model");
    const ekya::Store store(o.store.store);
    const auto work = work_list(o, context);
    for (const auto& stream : ekya::read_stream_list(o.streams.list))
        o.all_classes.insert(o.all_classes.end(), stream.classes.begin(), stream.classes.end());
    // A wrong map must not touch anything.
    ekya::check_class_map(ekya::class_map_from(o.class_map), {}, o.all_classes);
    auto output = context.output(o.io);
    for (const auto& [stream, window] : work) {
        try {
            const bool done = !o.replace && store.has_labels(stream.id, window);
            const auto labels = done ? store.labels(stream.id, window)
                                     : label_window(o, store, stream, window, context);
            if (!done) store.write_labels(labels);
            const std::string where =
                "stream " + stream.id + ": window " + std::to_string(window) + ": ";
            const auto warning = labels.yield ? ekya::warning_of(*labels.yield) : "";
            if (!warning.empty())
                context.warn(where + warning);
            else if (labels.labels.empty())
                context.warn(where + "no label");
            output.write(ekya::encode(labels));
        } catch (const ekya::Interrupted&) {
            throw;
        } catch (const ekya::ConfigError&) {
            throw;
        } catch (const ekya::Error& e) {
            context.stream_failed(stream.id, e.what());
        }
    }
    output.commit();
    context.finish(work.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-label", "Label a sampled part of a window's objects with a golden model.", argc, argv,
        add_options, run);
}
