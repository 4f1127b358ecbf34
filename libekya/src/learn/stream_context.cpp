#include "stream_context.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/learn/start_choice.hpp"
#include "ekya/profile/drift.hpp"

namespace ekya {
namespace {

constexpr std::size_t compared_samples = 128;  // more cost time and hardly change a distance

/// Labels that show how often classes occur: those drawn uniformly.
std::vector<std::string> uniform_labels(const Store& store, const std::string& stream,
                                        const std::vector<int>& windows) {
    std::vector<std::string> names;
    for (const int window : windows) {
        if (!store.has_labels(stream, window) || !store.has_window(stream, window)) continue;
        const auto of_window =
            task_of(store.window(stream, window)).uniform_classes(store.labels(stream, window));
        names.insert(names.end(), of_window.begin(), of_window.end());
    }
    return names;
}

/// The windows that a model is of: the one before its retraining, or all that a base model learned
/// from.
std::vector<int> own_windows(const ModelCard& card) {
    return card.window < 0 ? card.data_windows : std::vector<int>{card.window - 1};
}

Scene scene_of(const Store& store, const ProfilingRequest& request,
               const std::vector<int>& windows) {
    Scene scene;
    scene.class_shares = class_shares(uniform_labels(store, request.stream, windows));
    double objects = 0;
    std::size_t frames = 0;
    std::optional<Seconds> middle;
    for (const int window : windows) {
        if (!store.has_window(request.stream, window)) continue;
        const auto manifest = store.window(request.stream, window);
        std::optional<LabelSet> labels;
        if (store.has_labels(request.stream, window)) labels = store.labels(request.stream, window);
        objects += task_of(manifest).objects_per_frame(manifest, labels ? &*labels : nullptr) *
                   static_cast<double>(manifest.frames.size());
        frames += manifest.frames.size();
        middle = (manifest.start + manifest.end) / 2;
    }
    if (frames > 0) scene.objects_per_frame = objects / static_cast<double>(frames);
    if (request.start_hour && middle)
        scene.hour = std::fmod(*request.start_hour + *middle / 3600, 24.0);
    return scene;
}

/// Of the crops the model learned from, seen through its eyes; nothing if they are gone.
FeatureSummary learned_features(const Store& store, const ProfilingRequest& request,
                                const std::vector<int>& windows, TaskModel& model) {
    TrainingDataRequest wish;
    wish.stream = request.stream;
    wish.classes = request.classes;
    wish.exemplars = 0;
    wish.held_out = 0;
    for (const int window : windows)
        if (store.has_window(request.stream, window) && store.has_labels(request.stream, window))
            wish.fresh_windows.push_back(window);
    if (wish.fresh_windows.empty()) return {};
    const auto samples = evaluation_sample(load_training_data(store, wish), compared_samples);
    if (samples->empty()) return {};
    const auto rows = model.features(*samples);
    return summarise(rows, rows.size() / samples->count());
}

Drift look_for_drift(const Store& store, const ProfilingRequest& request, const ModelCard& serving,
                     TaskModel& model, const Samples& sample, const ProfileRecord& estimate) {
    Drift drift =
        judge_drift({serving.accuracy.value_or(0), serving.accuracy ? serving.held_out : 0,
                     estimate.accuracy, estimate.labels},
                    request.drift);
    const auto windows = own_windows(serving);
    const auto then = uniform_labels(store, request.stream, windows),
               now = uniform_labels(store, request.stream, {request.window - 1});
    if (!then.empty() && !now.empty()) {
        const auto shares = class_shares(then);
        drift.class_distance = total_variation(shares, class_shares(now));
        drift.chance_distance =
            chance_variation(shares, static_cast<int>(then.size()), static_cast<int>(now.size()));
    }
    const auto learned = learned_features(store, request, windows, model);
    if (learned.count > 1 && sample.count() > 1) {
        const auto rows = model.features(sample);
        drift.feature_distance =
            frechet_distance(learned, summarise(rows, rows.size() / sample.count()));
    }
    return drift;
}

/// After a drift the memory is half as large and holds the newest windows: the first of them. 0 if
/// there are not so many.
int first_after_reset(const Store& store, const ProfilingRequest& request, int first_fresh) {
    const auto windows = store.windows(request.stream);
    int labels = 0;
    for (auto window = windows.rbegin(); window != windows.rend(); ++window) {
        if (*window >= first_fresh || !store.has_labels(request.stream, *window)) continue;
        const auto labelled = store.labels(request.stream, *window);
        labels += static_cast<int>(labelled.labels.size() + labelled.frames.size());
        if (2 * labels >= request.exemplars) return *window;
    }
    return 0;
}

void add_models(const Store& store, const ProfilingRequest& request, TaskModel& model,
                const Samples& sample, ProfileRecord& estimate) {
    StartRequest wish{request.stream, request.classes,    request.window,
                      request.model,  request.warm_start, request.earlier_models};
    wish.device = request.device;
    const auto choice = choose_start(store, wish, model, sample);
    if (choice.stream != request.stream || choice.model != request.model)
        estimate.start.model = choice.model;
    if (choice.stream != request.stream) estimate.start.stream = choice.stream;
    // Compared with the deployed model on the same crops, so that the noise of both is the same.
    for (const auto& candidate : choice.candidates)
        if (candidate.stream == request.stream)
            estimate.cached.push_back(
                {candidate.model,
                 std::clamp(estimate.accuracy - candidate.comparison.fall(), 0.0, 1.0),
                 scene_of(store, request,
                          own_windows(store.model(request.stream, candidate.model)))});
}

}  // namespace

int remembered_from(const Store& store, const ProfilingRequest& request) {
    for (int window = request.window - 1; window > 0; --window)
        if (const auto file = store.profile_file(request.stream, window);
            std::filesystem::exists(file))
            return read_record<ProfileRecord>(file).start.exemplars_from;
    return 0;
}

void describe_stream(const Store& store, const ProfilingRequest& request, const ModelCard& serving,
                     bool unseen, TaskModel& model, const TrainingData& newest, int first_fresh,
                     ProfileRecord& estimate) {
    estimate.scene = scene_of(store, request, {request.window - 1});
    estimate.start.exemplars_from = request.memory.from_window;
    const auto sample = evaluation_sample(newest, compared_samples);
    if (!unseen || sample->empty()) return;
    add_models(store, request, model, *sample, estimate);
    if (!request.look_for_drift) return;
    estimate.drift = look_for_drift(store, request, serving, model, *sample, estimate);
    if (estimate.drift->drifted)
        estimate.start.exemplars_from =
            std::max(estimate.start.exemplars_from, first_after_reset(store, request, first_fresh));
}

Experience after_drift(Experience experience, const ProfileRecord& estimate) {
    if (!estimate.drift) return experience;
    for (double* gain : {&experience.head, &experience.last_stage, &experience.all})
        *gain = gain_after_drift(*gain, std::clamp(estimate.accuracy_on_labels(), 0.0, 1.0),
                                 *estimate.drift);
    return experience;
}

}  // namespace ekya
