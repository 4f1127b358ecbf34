#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/grade.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/core/samples.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"
#include "ekya/nn/precision.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/profile/micro_profile.hpp"
#include "ekya/store/store.hpp"
#include "ekya/task/labelled_sample.hpp"

namespace ekya {

/// A frame whose objects are to be named or found.
struct FrameToAnswer {
    const FrameImage* image;
    std::span<const Box> boxes;  ///< of its objects; a task that finds them itself is given none
    const ModelCard* card;       ///< of the model that is to answer
};

/// A network of a task, ready to answer. One caller at a time.
class TaskModel {
public:
    virtual ~TaskModel() = default;
    /// What its answers to the samples earn, in order. @throws DomainError for another task's
    [[nodiscard]] virtual std::vector<Grade> grades(const Samples& samples) = 0;
    /// What its head sees of each sample: [samples, C] row after row.
    [[nodiscard]] virtual std::vector<float> features(const Samples& samples) = 0;
    /// Objects of each frame. @param frames of models whose weights are these
    [[nodiscard]] virtual std::vector<std::vector<ClassifiedObject>> answer(
        std::span<const FrameToAnswer> frames) = 0;
    /// The same network for another input; shares the weights. @throws DomainError out of range
    [[nodiscard]] virtual std::unique_ptr<TaskModel> at_input_size(int input_size) const = 0;
    [[nodiscard]] virtual int input_size() const = 0;
    [[nodiscard]] virtual int least_input_size() const = 0;
    /// The first real samples are then not slowed by lazy initialisation. @param gpu batches are
    /// larger there
    virtual void warm_up(bool gpu) = 0;
};

/// What is used where a user says nothing else.
struct TaskDefaults {
    Architecture architecture;  ///< of a base model; classes are not filled in
    RetrainingConfig base;      ///< of its training
    RetrainingConfig config;    ///< of a retraining
    std::vector<RetrainingConfig> configs;
    int exemplars = 600;  ///< samples of earlier windows
    /// What retrainings usually bring, as long as the store knows of none.
    Experience experience = {};
    /// Of a micro-profiler's trial, as far as there are so many: fewer say little, and more add
    /// little to what earlier windows have shown.
    int least_trial_samples = 100;
};

/// What a stream's models are for. Learning, serving and profiling know it only by this interface;
/// what its samples, labels and answers are stands in its directory, task/NAME.
class Task {
public:
    virtual ~Task() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// @param network empty = the task's usual one
    [[nodiscard]] virtual TaskDefaults defaults(const std::string& network = {}) const = 0;
    /// Whether live inference finds objects itself; false: it names those that it is given.
    [[nodiscard]] virtual bool finds_objects() const = 0;
    /// What is done to frames like those of the window before this network sees them, for its card.
    [[nodiscard]] virtual Preprocess preprocess(const WindowManifest& window,
                                                const Architecture& architecture) const = 0;
    /// The network for frames like those of the window: what the architecture leaves open, 0 as the
    /// input's width and height among it, is filled in.
    [[nodiscard]] virtual Architecture fitted(Architecture architecture,
                                              const WindowManifest& window) const = 0;
    /// Score of a model that has learned nothing.
    [[nodiscard]] virtual double chance(int classes) const = 0;

    /// The labelled samples of a window, in its order. @param unknown how many labels were left out
    /// because their class is not among `classes`: added to
    /// @throws InputError for labels that do not fit the window
    [[nodiscard]] virtual std::vector<LabelledSample> labelled(
        const Store& store, const WindowManifest& window, const LabelSet& labels,
        const std::vector<std::string>& classes, int& unknown) const = 0;
    /// They with their pixels, in the order given; they may be of several windows.
    /// @throws InputError for windows that are missing or damaged
    [[nodiscard]] virtual std::unique_ptr<Samples> read(
        WindowReader& reader, const std::vector<LabelledSample>& samples,
        const std::vector<std::string>& classes) const = 0;
    /// Of the pixels of one of its samples.
    [[nodiscard]] virtual std::int64_t bytes_per_sample(const WindowManifest& window) const = 0;

    /// Classes of the objects in the uniformly drawn part of the labels, one entry an object.
    [[nodiscard]] virtual std::vector<std::string> uniform_classes(
        const LabelSet& labels) const = 0;
    /// Objects in a frame, as far as ingestion or the labels know.
    [[nodiscard]] virtual double objects_per_frame(const WindowManifest& window,
                                                   const LabelSet* labels) const = 0;
    /// Samples that a frame is to live inference; >= 1.
    [[nodiscard]] virtual double samples_per_frame(const WindowManifest& window) const = 0;
    /// What is left of accuracy when only every k-th frame is analysed, for each k; in [0, 1].
    [[nodiscard]] virtual std::vector<double> carried_over(const WindowManifest& window,
                                                           const LabelSet* labels,
                                                           std::span<const int> strides) const = 0;

    /// @param input_size 0 = as trained
    /// @throws InputError for weights that do not fit, DomainError for the size, ConfigError for
    /// the device
    [[nodiscard]] virtual std::unique_ptr<TaskModel> load(
        const ModelCard& card, const std::filesystem::path& weights, const std::string& device,
        int input_size = 0, Precision precision = Precision::full) const = 0;
    /// From which score on a model that was just trained is to answer, for its card; none where
    /// every sample has an answer. @param samples that it has seen or not
    [[nodiscard]] virtual std::optional<double> min_score(
        TrainedModel& model, const std::vector<const Samples*>& samples) const = 0;
    /// Of a model that was just trained, and answers from that score on.
    [[nodiscard]] virtual std::vector<Grade> grades(TrainedModel& model, const Samples& samples,
                                                    std::optional<double> min_score) const = 0;
};

/// @throws DomainError for a name that no task has
[[nodiscard]] const Task& task_named(const std::string& name);
[[nodiscard]] inline const Task& task_of(const ModelCard& card) {
    return task_named(card.architecture.task);
}
[[nodiscard]] inline const Task& task_of(const WindowManifest& window) {
    return task_named(window.task);
}
[[nodiscard]] std::vector<std::string> task_names();

/// Loads a stored model with its task. @throws InputError if it is missing or damaged
[[nodiscard]] std::unique_ptr<TaskModel> load_model(const Store& store, const std::string& stream,
                                                    const std::string& model,
                                                    const std::string& device);

}  // namespace ekya
