#include "inference_profile.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "ekya/device/device.hpp"
#include "ekya/profile/score.hpp"

namespace ekya {
namespace {

constexpr std::size_t enough_labels = 100;  // more make the measurement dearer, hardly surer

/// The first parts that together have enough labels, empty ones left out.
std::vector<const Samples*> enough_of(std::span<const Samples* const> parts) {
    std::vector<const Samples*> chosen;
    std::size_t labels = 0;
    for (const auto* part : parts) {
        if (part->empty() || labels >= enough_labels) continue;
        chosen.push_back(part);
        labels += part->labels_in_all();
    }
    return chosen;
}

/// The network alone at one input size.
struct Measured {
    int input_size = 0;             ///< 0 = as trained
    double score = 0;               ///< on the samples
    double seconds_per_sample = 0;  ///< device-seconds
};

/// Device-seconds of a sample where so many come at once, as those of a frame do. On a GPU a few
/// take as long as many.
double seconds_per_sample(TaskModel& model, const std::string& device, const Samples& samples,
                          std::size_t at_once) {
    const auto frame = samples.none();
    for (std::size_t i = 0; i < at_once; ++i) frame->append(samples, i % samples.count());
    constexpr int frames = 20;
    const double begin = device_seconds(device);
    for (int i = 0; i < frames; ++i) static_cast<void>(model.grades(*frame));
    return (device_seconds(device) - begin) / (frames * static_cast<double>(at_once));
}

/// @param at_once samples of a frame
Measured measure(std::unique_ptr<TaskModel> model, const std::string& device, int input_size,
                 const std::vector<const Samples*>& parts, std::size_t at_once) {
    model->warm_up(device != "cpu");
    const double begin = device_seconds(device);
    std::vector<Grade> grades;
    for (const auto* part : parts) {
        const auto more = model->grades(*part);
        grades.insert(grades.end(), more.begin(), more.end());
    }
    const double seconds =
        device == "cpu" ? (device_seconds(device) - begin) / static_cast<double>(grades.size())
                        : seconds_per_sample(*model, device, *parts.front(), at_once);
    return {input_size, score_of(grades), seconds};
}

/// The trained input size first, then the smaller ones.
std::vector<Measured> measure_sizes(const TaskModel& deployed, const ProfilingRequest& request,
                                    const std::vector<const Samples*>& parts, std::size_t at_once) {
    if (parts.empty()) return {Measured{}};  // nothing to measure with
    const int trained = deployed.input_size();
    std::vector<Measured> sizes{
        measure(deployed.at_input_size(trained), request.device, 0, parts, at_once)};
    int before = trained;
    for (const double scale : request.input_scales) {
        const int size =
            std::max(deployed.least_input_size(), static_cast<int>(std::lround(scale * trained)));
        if (size >= before) continue;
        before = size;
        sizes.push_back(
            measure(deployed.at_input_size(size), request.device, size, parts, at_once));
    }
    return sizes;
}

/// Device-seconds of an analysed frame besides those of the network, as live inference reported the
/// window before; 0 as long as there is no report.
double overhead_per_frame(const Store& store, const WindowManifest& manifest,
                          double network_seconds) {
    const auto file = store.accuracy_file(manifest.stream, manifest.window);
    if (!std::filesystem::exists(file)) return 0;
    const auto report = read_record<WindowAccuracy>(file);
    if (report.analysed == 0) return 0;
    return std::max(0.0,
                    report.device_seconds / static_cast<double>(report.analysed) - network_seconds);
}

}  // namespace

std::vector<InferenceEstimate> profile_inference(const Store& store, const Store& labels_of,
                                                 const WindowManifest& manifest,
                                                 const ProfilingRequest& request,
                                                 const TaskModel& deployed,
                                                 std::span<const Samples* const> labelled) {
    const Task& task = task_of(manifest);
    const auto frames = static_cast<double>(manifest.frames.size());
    const double samples_per_frame = task.samples_per_frame(manifest);
    const Seconds length = frames > 0 ? std::max(1e-3, manifest.end - manifest.start) : 1;
    const double frames_per_second = frames / length * request.pace;

    const auto sizes =
        measure_sizes(deployed, request, enough_of(labelled),
                      static_cast<std::size_t>(std::max(1.0, std::round(samples_per_frame))));
    const auto& full = sizes.front();
    const double overhead =
        overhead_per_frame(store, manifest, full.seconds_per_sample * samples_per_frame);
    std::optional<LabelSet> labels;
    if (labels_of.has_labels(manifest.stream, manifest.window))
        labels = labels_of.labels(manifest.stream, manifest.window);
    const auto kept = task.carried_over(manifest, labels ? &*labels : nullptr, request.strides);
    std::vector<InferenceEstimate> estimates;
    for (const auto& size : sizes) {
        // A smaller input that measures no worse has been lucky; where the device allows the
        // trained size, that is to be taken.
        const double most = size.input_size == 0 ? 1 : 0.99;
        const double relative = full.score > 0 ? std::min(most, size.score / full.score) : most;
        const double per_frame =
            overhead +
            std::min(size.seconds_per_sample, full.seconds_per_sample) * samples_per_frame;
        for (std::size_t i = 0; i < request.strides.size(); ++i)
            estimates.push_back({{request.strides[i], size.input_size},
                                 kept[i] * relative,
                                 per_frame * frames_per_second / request.strides[i]});
    }
    return estimates;
}

}  // namespace ekya
