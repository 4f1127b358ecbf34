#include "inference_profile.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "ekya/device/device.hpp"
#include "ekya/profile/carry_over.hpp"

namespace ekya {
namespace {

constexpr std::size_t enough_crops = 100;  // more make the measurement dearer, hardly surer
constexpr int smallest_input = 16;         // pixels, the networks' limit

/// The first parts that together have enough crops, empty ones left out.
std::vector<const LabelledCrops*> enough_of(std::span<const LabelledCrops* const> parts) {
    std::vector<const LabelledCrops*> chosen;
    std::size_t count = 0;
    for (const auto* part : parts) {
        if (part->empty() || count >= enough_crops) continue;
        chosen.push_back(part);
        count += part->count();
    }
    return chosen;
}

/// The network alone at one input size.
struct Measured {
    int input_size = 0;           ///< 0 = as trained
    double correct = 0;           ///< share of the crops
    double seconds_per_crop = 0;  ///< device-seconds
};

/// Device-seconds of a crop where so many come at once, as those of a frame do. On a GPU a few take
/// as long as many.
double seconds_per_crop(Classifier& classifier, const std::string& device, const CropBatch& crops,
                        std::size_t at_once) {
    CropBatch frame{crops.size, {}};
    for (std::size_t i = 0; i < at_once; ++i) frame.append(crops, i % crops.count());
    constexpr int frames = 20;
    const double begin = device_seconds(device);
    for (int i = 0; i < frames; ++i) static_cast<void>(classifier.classify(frame));
    return (device_seconds(device) - begin) / (frames * static_cast<double>(at_once));
}

/// @param at_once crops of a frame
Measured measure(Classifier classifier, const std::string& device, int input_size,
                 const std::vector<const LabelledCrops*>& parts, std::size_t at_once) {
    classifier.warm_up(8);
    const double begin = device_seconds(device);
    double correct = 0, count = 0;
    for (const auto* part : parts) {
        correct += classifier.accuracy(*part) * static_cast<double>(part->count());
        count += static_cast<double>(part->count());
    }
    const double seconds =
        device == "cpu" ? (device_seconds(device) - begin) / count
                        : seconds_per_crop(classifier, device, parts.front()->crops, at_once);
    return {input_size, correct / count, seconds};
}

/// The trained input size first, then the smaller ones.
std::vector<Measured> measure_sizes(const Classifier& deployed, const ProfilingRequest& request,
                                    const std::vector<const LabelledCrops*>& parts,
                                    std::size_t at_once) {
    if (parts.empty()) return {Measured{}};  // nothing to measure with
    const int trained = deployed.input_size();
    std::vector<Measured> sizes{
        measure(deployed.at_input_size(trained), request.device, 0, parts, at_once)};
    int before = trained;
    for (const double scale : request.input_scales) {
        const int size = std::max(smallest_input, static_cast<int>(std::lround(scale * trained)));
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

std::vector<InferenceEstimate> profile_inference(const Store& store, const WindowManifest& manifest,
                                                 const ProfilingRequest& request,
                                                 const Classifier& deployed,
                                                 std::span<const LabelledCrops* const> labelled) {
    const auto frames = static_cast<double>(manifest.frames.size());
    double objects = 0;
    for (const auto& frame : manifest.frames) objects += static_cast<double>(frame.objects.size());
    const double objects_per_frame = frames > 0 ? objects / frames : 0;
    const Seconds length = frames > 0 ? std::max(1e-3, manifest.end - manifest.start) : 1;
    const double frames_per_second = frames / length * request.pace;

    const auto sizes =
        measure_sizes(deployed, request, enough_of(labelled),
                      static_cast<std::size_t>(std::max(1.0, std::round(objects_per_frame))));
    const auto& full = sizes.front();
    const double overhead =
        overhead_per_frame(store, manifest, full.seconds_per_crop * objects_per_frame);
    const auto kept = carried_over(manifest.frames, request.strides);
    std::vector<InferenceEstimate> estimates;
    for (const auto& size : sizes) {
        // A smaller input that measures no worse has been lucky; where the device allows the
        // trained size, that is to be taken.
        const double most = size.input_size == 0 ? 1 : 0.99;
        const double relative =
            full.correct > 0 ? std::min(most, size.correct / full.correct) : most;
        const double per_frame =
            overhead + std::min(size.seconds_per_crop, full.seconds_per_crop) * objects_per_frame;
        for (std::size_t i = 0; i < request.strides.size(); ++i)
            estimates.push_back({{request.strides[i], size.input_size},
                                 kept[i] * relative,
                                 per_frame * frames_per_second / request.strides[i]});
    }
    return estimates;
}

}  // namespace ekya
