#include <algorithm>
#include <map>
#include <string>

#include "../tasks.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/profile/carry_over.hpp"
#include "ekya/video/crops.hpp"

namespace ekya {
namespace {

const LabelledCrops& crops_of(const Samples& samples) {
    if (const auto* crops = dynamic_cast<const LabelledCrops*>(&samples)) return *crops;
    throw DomainError("samples: crops are needed for classification");
}

std::vector<Grade> graded(const std::vector<Prediction>& answers, const std::vector<int>& labels) {
    std::vector<Grade> grades;
    for (std::size_t i = 0; i < labels.size(); ++i)
        grades.push_back({answers[i].class_index == labels[i] ? 1.0 : 0.0, 1, 1});
    return grades;
}

class ClassifierModel : public TaskModel {
public:
    explicit ClassifierModel(Classifier classifier) : classifier_(std::move(classifier)) {}

    std::vector<Grade> grades(const Samples& samples) override {
        const auto& crops = crops_of(samples);
        return graded(classifier_.classify(crops.crops), crops.labels);
    }
    std::vector<float> features(const Samples& samples) override {
        return classifier_.features(crops_of(samples).crops);
    }
    std::vector<std::vector<ClassifiedObject>> answer(
        std::span<const FrameToAnswer> frames) override {
        std::vector<std::vector<ClassifiedObject>> objects(frames.size());
        CropBatch crops;
        for (const auto& frame : frames)
            if (!frame.boxes.empty())
                append_crops(*frame.image, frame.boxes, frame.card->preprocess.size, crops,
                             frame.card->preprocess.margin);
        if (crops.count() == 0) return objects;
        const auto predictions = classifier_.classify(crops);
        std::size_t next = 0;
        for (std::size_t i = 0; i < frames.size(); ++i)
            for (const auto& box : frames[i].boxes) {
                const auto& prediction = predictions[next++];
                objects[i].push_back(
                    {box, frames[i].card->classes[static_cast<std::size_t>(prediction.class_index)],
                     prediction.probability});
            }
        return objects;
    }
    std::unique_ptr<TaskModel> at_input_size(int input_size) const override {
        return std::make_unique<ClassifierModel>(classifier_.at_input_size(input_size));
    }
    int input_size() const override { return classifier_.input_size(); }
    int least_input_size() const override { return 16; }
    void warm_up(bool gpu) override { classifier_.warm_up(gpu ? 32 : 8); }

private:
    Classifier classifier_;
};

/// When in the window each stored crop was seen, in (0, 1].
std::vector<double> moments_of(const WindowManifest& manifest) {
    std::vector<double> moments(static_cast<std::size_t>(manifest.crops), 1);
    for (std::size_t frame = 0; frame < manifest.frames.size(); ++frame)
        for (const auto& object : manifest.frames[frame].objects)
            if (object.crop >= 0 && object.crop < manifest.crops)
                moments[static_cast<std::size_t>(object.crop)] =
                    static_cast<double>(frame + 1) / static_cast<double>(manifest.frames.size());
    return moments;
}

class Classification : public Task {
public:
    const std::string& name() const override { return classification_task; }
    bool finds_objects() const override { return false; }
    TaskDefaults defaults(const std::string&) const override {
        TaskDefaults defaults;
        defaults.architecture.place_width = 32;
        defaults.configs = default_retraining_configs();
        return defaults;
    }
    Preprocess preprocess(const WindowManifest& window, const Architecture&) const override {
        Preprocess preprocess;
        preprocess.margin = window.crop_margin;
        preprocess.size = window.crop_size;
        return preprocess;
    }
    Architecture fitted(Architecture architecture, const WindowManifest& window) const override {
        architecture.task = name();
        if (architecture.input_size == 0) architecture.input_size = std::min(window.crop_size, 224);
        return architecture;
    }
    double chance(int classes) const override { return 1.0 / classes; }

    std::vector<LabelledSample> labelled(const Store& store, const WindowManifest& window,
                                         const LabelSet& labels,
                                         const std::vector<std::string>& classes,
                                         int& unknown) const override {
        std::vector<LabelledSample> samples;
        std::map<std::string, int> index_of;
        for (const auto& name : classes)
            index_of.emplace(name, static_cast<int>(index_of.size()));  // names differ
        const auto moments = moments_of(window);
        for (const auto& label : labels.labels) {
            if (label.crop >= window.crops)
                throw InputError(store.labels_file(window.stream, window.window).string() +
                                 ": crop " + std::to_string(label.crop) +
                                 " is labelled, the window holds " + std::to_string(window.crops));
            const auto found = index_of.find(label.class_name);
            if (found == index_of.end())
                ++unknown;
            else
                samples.push_back({window.window, label.crop, found->second, label.uniform,
                                   label.weight, moments[static_cast<std::size_t>(label.crop)]});
        }
        return samples;
    }

    std::unique_ptr<Samples> read(WindowReader& reader, const std::vector<LabelledSample>& samples,
                                  const std::vector<std::string>&) const override {
        auto result = std::make_unique<LabelledCrops>();
        for (const auto& sample : samples) {
            const auto& crops = reader.crops(sample.window);
            if (result->crops.count() > 0 && result->crops.size != crops.size) {
                const auto& manifest = reader.manifest(sample.window);
                throw InputError(
                    reader.store().window_directory(manifest.stream, manifest.window).string() +
                    ": crops of " + std::to_string(crops.size) + " pixels, other windows have " +
                    std::to_string(result->crops.size));
            }
            result->crops.append(crops, static_cast<std::size_t>(sample.sample));
            result->labels.push_back(sample.label);
        }
        return result;
    }
    std::int64_t bytes_per_sample(const WindowManifest& window) const override {
        return std::int64_t{3} * window.crop_size * window.crop_size;
    }

    std::vector<std::string> uniform_classes(const LabelSet& labels) const override {
        std::vector<std::string> names;
        for (const auto& label : labels.labels)
            if (label.uniform) names.push_back(label.class_name);
        return names;
    }
    double objects_per_frame(const WindowManifest& window, const LabelSet*) const override {
        double objects = 0;
        for (const auto& frame : window.frames)
            objects += static_cast<double>(frame.objects.size());
        return window.frames.empty() ? 0 : objects / static_cast<double>(window.frames.size());
    }
    double samples_per_frame(const WindowManifest& window) const override {
        return objects_per_frame(window, nullptr);
    }
    std::vector<double> carried_over(const WindowManifest& window, const LabelSet*,
                                     std::span<const int> strides) const override {
        return ekya::carried_over(window.frames, strides);
    }

    std::unique_ptr<TaskModel> load(const ModelCard& card, const std::filesystem::path& weights,
                                    const std::string& device, int input_size,
                                    Precision precision) const override {
        return std::make_unique<ClassifierModel>(
            Classifier(card.architecture, weights, device, input_size, precision));
    }
    std::optional<double> min_score(TrainedModel&,
                                    const std::vector<const Samples*>&) const override {
        return std::nullopt;
    }
    std::vector<Grade> grades(TrainedModel& model, const Samples& samples,
                              std::optional<double>) const override {
        const auto& crops = crops_of(samples);
        return graded(model.classify(crops.crops), crops.labels);
    }
};

}  // namespace

const Task& classification() {
    static const Classification task;
    return task;
}

}  // namespace ekya
