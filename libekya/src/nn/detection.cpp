#include "detection.hpp"

#include <algorithm>
#include <functional>

#include "detection_head.hpp"
#include "ekya/device/device.hpp"

namespace ekya {
namespace {

constexpr std::size_t most_frames = 4;  // at once: activations of more leave the cache

using Frames = std::span<const FrameImage* const>;

void by_chunks(Frames frames, int width, int height, const FrameInput& form,
               const torch::Device& device,
               const std::function<void(Frames, const torch::Tensor&)>& work) {
    const torch::NoGradGuard no_grad;
    const DeviceWork counted(device.str());
    for (std::size_t first = 0; first < frames.size(); first += most_frames) {
        const auto part = frames.subspan(first, std::min(most_frames, frames.size() - first));
        work(part, frame_tensor(part, width, height, form, device));
    }
}

}  // namespace

std::vector<std::vector<ScoredBox>> detect(const FoldedNetwork& network,
                                           std::span<const FrameImage* const> frames, int width,
                                           int height, const torch::Device& device,
                                           double min_score) {
    std::vector<std::vector<ScoredBox>> found;
    const auto& form = network.program().frames;
    const auto& head = detection_head(network.program().outputs);
    by_chunks(frames, width, height, form, device, [&](Frames part, const torch::Tensor& input) {
        auto boxes = head.boxes_of(network.forward(input), min_score);
        for (std::size_t i = 0; i < part.size(); ++i) {
            const FrameFit fit(part[i]->width, part[i]->height, width, height, form.stretched);
            for (auto& box : boxes[i]) box.box = fit.back(box.box);
            std::erase_if(boxes[i], [](const ScoredBox& box) { return !(box.box.area() > 0); });
            found.push_back(std::move(boxes[i]));
        }
    });
    return found;
}

std::vector<float> frame_features(const FoldedNetwork& network,
                                  std::span<const FrameImage* const> frames, int width, int height,
                                  const torch::Device& device) {
    std::vector<float> features;
    by_chunks(frames, width, height, network.program().frames, device,
              [&](Frames, const torch::Tensor& input) {
                  const auto rows = network.before(Cut::head, {input})
                                        .values.to(torch::kFloat32)
                                        .mean({2, 3})
                                        .cpu()
                                        .contiguous();
                  features.insert(features.end(), rows.data_ptr<float>(),
                                  rows.data_ptr<float>() + rows.numel());
              });
    return features;
}

}  // namespace ekya
