#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "../tasks.hpp"
#include "carried_frames.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/video/image_files.hpp"

namespace ekya {
namespace {

constexpr int published_stretched_side = 352;  // FastestDet's, pixels
/// Whether a network sees frames stretched to a square, whatever else of it is open yet.
bool is_stretched(Architecture architecture) {
    architecture.classes = std::max(architecture.classes, 1);
    architecture.input_size = published_stretched_side;
    return frame_preprocess(architecture).fit == "stretch";
}

constexpr int multiple = 32;  // of an input's sides, so that the coarsest level has whole cells

const LabelledFrames& frames_of(const Samples& samples) {
    if (const auto* frames = dynamic_cast<const LabelledFrames*>(&samples)) return *frames;
    throw DomainError("samples: frames are needed for detection");
}

std::vector<const FrameImage*> images_of(const LabelledFrames& frames) {
    std::vector<const FrameImage*> images;
    for (const auto& image : frames.images) images.push_back(image.get());
    return images;
}

/// F1 is the sum of the earned over that of the possible.
std::vector<Grade> graded(const std::vector<std::vector<ScoredBox>>& answers,
                          const LabelledFrames& frames) {
    std::vector<Grade> grades;
    for (std::size_t i = 0; i < answers.size(); ++i)
        grades.push_back(grade_of(count_matches(answers[i], frames.boxes[i])));
    return grades;
}

constexpr std::array scores_tried = {0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45,
                                     0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8};

/// The middle of the scores that give an F1 near the best: of frames that were learned from, where
/// F1 is nearly flat, its highest point says little.
double best_min_score(const std::vector<std::vector<ScoredBox>>& answers,
                      const LabelledFrames& frames) {
    constexpr double near = 0.005;
    std::array<double, scores_tried.size()> f1{};
    for (std::size_t i = 0; i < scores_tried.size(); ++i) {
        BoxCounts counts;
        for (std::size_t frame = 0; frame < answers.size(); ++frame) {
            auto kept = answers[frame];
            std::erase_if(kept, [&](const ScoredBox& b) { return b.score < scores_tried[i]; });
            counts += count_matches(kept, frames.boxes[frame]);
        }
        f1[i] = counts.f1();
    }
    const double best = *std::max_element(f1.begin(), f1.end());
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < scores_tried.size(); ++i)
        if (f1[i] >= best - near) {
            sum += scores_tried[i];
            ++count;
        }
    return sum / count;
}

class DetectorModel : public TaskModel {
public:
    DetectorModel(Detector detector, double min_score)
        : detector_(std::move(detector)), min_score_(min_score) {}

    std::vector<Grade> grades(const Samples& samples) override {
        const auto& frames = frames_of(samples);
        return graded(detector_.detect(images_of(frames), min_score_), frames);
    }
    std::vector<float> features(const Samples& samples) override {
        return detector_.features(images_of(frames_of(samples)));
    }
    std::vector<std::vector<ClassifiedObject>> answer(
        std::span<const FrameToAnswer> frames) override {
        std::vector<const FrameImage*> images;
        for (const auto& frame : frames) images.push_back(frame.image);
        const auto found = detector_.detect(images, min_score_);
        std::vector<std::vector<ClassifiedObject>> objects(frames.size());
        for (std::size_t i = 0; i < frames.size(); ++i)
            for (const auto& [box, label, score] : found[i])
                objects[i].push_back(
                    {box, frames[i].card->classes[static_cast<std::size_t>(label)], score});
        return objects;
    }
    std::unique_ptr<TaskModel> at_input_size(int input_size) const override {
        return std::make_unique<DetectorModel>(detector_.at_input_size(input_size), min_score_);
    }
    int input_size() const override { return detector_.input_size(); }
    int least_input_size() const override { return 64; }
    void warm_up(bool gpu) override { detector_.warm_up(gpu ? 8 : 1); }

private:
    Detector detector_;
    double min_score_;
};

/// Class indices of a label's boxes; -1 for a class that the stream has not.
std::vector<int> indices_of(const FrameLabel& label, const std::vector<std::string>& classes) {
    std::vector<int> indices;
    for (const auto& box : label.boxes) {
        const auto found = std::find(classes.begin(), classes.end(), box.class_name);
        indices.push_back(found == classes.end() ? -1 : static_cast<int>(found - classes.begin()));
    }
    return indices;
}

class Detection : public Task {
public:
    const std::string& name() const override { return detection_task; }
    bool finds_objects() const override { return true; }
    TaskDefaults defaults(const std::string& network) const override {
        TaskDefaults defaults;
        defaults.architecture.width = 0.125;
        defaults.architecture.input_size = 0;
        defaults.base = {100, 1, TrainedLayers::all, 4, 0, 0.1};
        defaults.config = {15, 1, TrainedLayers::all, 4, 0, 0.05};
        // A retraining of the head alone costs half as much as one of neck and head, and brings a
        // third.
        for (const int epochs : {5, 15, 30})
            for (const double fraction : {0.5, 1.0})
                for (const auto layers : {TrainedLayers::last_stage, TrainedLayers::all})
                    defaults.configs.push_back({epochs, fraction, layers, 4, 0, 0.05});
        if (network == "fastestdet") {  // begins with published weights of this width
            defaults.architecture.width = 1;
            defaults.base.epochs = 40;
        }
        defaults.exemplars = 20;
        // Of three rendered streets, twelve retrainings of each kind (bench/README.md).
        defaults.experience.head = 0.06;
        defaults.experience.last_stage = 0.16;
        defaults.experience.all = 0.2;
        defaults.least_trial_samples = 8;
        return defaults;
    }
    Preprocess preprocess(const WindowManifest&, const Architecture& architecture) const override {
        return frame_preprocess(architecture);
    }
    Architecture fitted(Architecture architecture, const WindowManifest& window) const override {
        architecture.task = name();
        if (architecture.input_size == 0 && is_stretched(architecture))
            architecture.input_size = architecture.input_height = published_stretched_side;
        const int width = window.width > 0 ? window.width : 640,
                  height = window.height > 0 ? window.height : 480;
        const auto whole = [](double side) {
            return std::clamp(multiple * static_cast<int>(std::ceil(side / multiple - 0.25)),
                              2 * multiple, 2048);
        };
        if (architecture.input_size == 0) architecture.input_size = whole(std::min(width, 320));
        if (architecture.input_height == 0)
            architecture.input_height =
                whole(static_cast<double>(architecture.input_size) * height / width);
        return architecture;
    }
    double chance(int) const override { return 0; }

    std::vector<LabelledSample> labelled(const Store& store, const WindowManifest& window,
                                         const LabelSet& labels,
                                         const std::vector<std::string>& classes,
                                         int& unknown) const override {
        std::map<int, int> objects;  // by class, in all frames
        for (const auto& label : labels.frames)
            for (const int index : indices_of(label, classes)) {
                if (index < 0) ++unknown;
                ++objects[index];
            }
        std::vector<LabelledSample> samples;
        const auto count = static_cast<int>(window.frames.size());
        for (const auto& label : labels.frames) {
            if (label.frame >= count)
                throw InputError(store.labels_file(window.stream, window.window).string() +
                                 ": frame " + std::to_string(label.frame) +
                                 " is labelled, the window holds " + std::to_string(count));
            // Frames are drawn alike by the rarest class that they show.
            int rarest = static_cast<int>(classes.size());
            for (const int index : indices_of(label, classes))
                if (index >= 0 && (rarest == static_cast<int>(classes.size()) ||
                                   objects[index] < objects[rarest]))
                    rarest = index;
            samples.push_back({window.window, label.frame, rarest, label.uniform, label.weight,
                               static_cast<double>(label.frame + 1) / count});
        }
        return samples;
    }

    std::unique_ptr<Samples> read(WindowReader& reader, const std::vector<LabelledSample>& samples,
                                  const std::vector<std::string>& classes) const override {
        auto result = std::make_unique<LabelledFrames>();
        for (const auto& sample : samples) {
            const auto& manifest = reader.manifest(sample.window);
            const auto& frame = manifest.frames[static_cast<std::size_t>(sample.sample)];
            const auto& labels = reader.labels(sample.window).frames;
            const auto label = std::find_if(labels.begin(), labels.end(), [&](const FrameLabel& l) {
                return l.frame == sample.sample;
            });
            const auto directory =
                reader.store().window_directory(manifest.stream, manifest.window);
            if (frame.image.empty() || label == labels.end())
                throw InputError(directory.string() + ": frame " + std::to_string(frame.frame) +
                                 " is not stored");
            result->images.push_back(
                std::make_shared<const FrameImage>(read_image(directory / frame.image)));
            result->boxes.push_back(targets_of(*label, classes));
        }
        return result;
    }
    std::int64_t bytes_per_sample(const WindowManifest& window) const override {
        return std::int64_t{3} * window.width * window.height;
    }

    std::vector<std::string> uniform_classes(const LabelSet& labels) const override {
        std::vector<std::string> names;
        for (const auto& label : labels.frames)
            for (const auto& box : label.boxes)
                if (label.uniform && !box.ignore) names.push_back(box.class_name);
        return names;
    }
    double objects_per_frame(const WindowManifest&, const LabelSet* labels) const override {
        if (!labels) return 0;
        const auto frames = std::count_if(labels->frames.begin(), labels->frames.end(),
                                          [](const FrameLabel& label) { return label.uniform; });
        return frames == 0 ? 0
                           : static_cast<double>(uniform_classes(*labels).size()) /
                                 static_cast<double>(frames);
    }
    double samples_per_frame(const WindowManifest&) const override { return 1; }
    std::vector<double> carried_over(const WindowManifest& window, const LabelSet* labels,
                                     std::span<const int> strides) const override {
        return carried_frames(window, labels ? labels->frames : std::vector<FrameLabel>{}, strides);
    }

    std::unique_ptr<TaskModel> load(const ModelCard& card, const std::filesystem::path& weights,
                                    const std::string& device, int input_size,
                                    Precision precision) const override {
        return std::make_unique<DetectorModel>(
            Detector(card.architecture, weights, device, input_size, precision),
            card.min_score.value_or(usual_min_score(card.architecture)));
    }
    std::optional<double> min_score(TrainedModel& model,
                                    const std::vector<const Samples*>& samples) const override {
        constexpr std::size_t enough = 60;  // frames, spread over all
        std::size_t count = 0, next = 0;
        for (const auto* part : samples) count += part->count();
        LabelledFrames all;
        for (const auto* part : samples)
            for (std::size_t i = 0; i < part->count(); ++i, ++next)
                if (count <= enough || next * enough / count != (next + 1) * enough / count)
                    all.append(*part, i);
        return all.empty() ? std::nullopt
                           : std::optional(best_min_score(
                                 model.detect(images_of(all), scores_tried.front()), all));
    }
    std::vector<Grade> grades(TrainedModel& model, const Samples& samples,
                              std::optional<double> min_score) const override {
        const auto& frames = frames_of(samples);
        return graded(model.detect(images_of(frames),
                                   min_score.value_or(usual_min_score(model.architecture()))),
                      frames);
    }

private:
    /// Objects of classes that the stream has not are background.
    static std::vector<TargetBox> targets_of(const FrameLabel& label,
                                             const std::vector<std::string>& classes) {
        const auto indices = indices_of(label, classes);
        std::vector<TargetBox> boxes;
        for (std::size_t i = 0; i < indices.size(); ++i)
            if (indices[i] >= 0 || label.boxes[i].ignore)
                boxes.push_back(
                    {label.boxes[i].box, std::max(indices[i], 0), label.boxes[i].ignore});
        return boxes;
    }
};

}  // namespace

const Task& detection() {
    static const Detection task;
    return task;
}

}  // namespace ekya
