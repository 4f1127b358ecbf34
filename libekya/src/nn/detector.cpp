#include "ekya/nn/detector.hpp"

#include <algorithm>
#include <cmath>

#include "detection.hpp"
#include "detection_head.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "inference.hpp"
#include "mixed_precision.hpp"

namespace ekya {
namespace {

constexpr int multiple =
    32;  // of the sides of an input, so that the coarsest level has whole cells

int rounded(double side) {
    return std::max(multiple, multiple * static_cast<int>(std::lround(side / multiple)));
}

}  // namespace

double usual_min_score(const Architecture& architecture) {
    return detection_head(program_for(architecture).outputs).usual_min_score();
}

Preprocess frame_preprocess(const Architecture& architecture) {
    const auto form = program_for(architecture).frames;
    Preprocess preprocess;
    preprocess.fit = form.stretched ? "stretch" : "letterbox";
    preprocess.normalisation = form.unit_levels ? "unit" : "per_picture";
    return preprocess;
}

class Detector::Implementation {
public:
    Implementation(const Architecture& architecture, const std::filesystem::path& weights,
                   const std::string& wish, int width, Precision precision)
        : architecture_(architecture),
          device_(resolve_device(wish)),
          network_(load_folded(architecture, weights, device_, precision)) {
        set_input_size(width == 0 ? architecture.input_size : width);
    }

    void set_input_size(int width) {
        require_in_range("input_size", width, 64, 2048);
        width_ = width;
        height_ = width == architecture_.input_size
                      ? input_height(architecture_)
                      : rounded(static_cast<double>(width) * input_height(architecture_) /
                                architecture_.input_size);
    }

    Architecture architecture_;
    torch::Device device_;
    FoldedNetwork network_;
    int width_ = 0, height_ = 0;
};

Detector::Detector(const Architecture& architecture, const std::filesystem::path& weights,
                   const std::string& device, int input_size_override, Precision precision)
    : implementation_(std::make_unique<Implementation>(architecture, weights, device,
                                                       input_size_override, precision)) {}
Detector::Detector(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;
Detector::~Detector() = default;

Detector Detector::at_input_size(int width) const {
    auto copy = std::make_unique<Implementation>(
        *implementation_);  // of handles to the weights, which nothing changes
    copy->set_input_size(width);
    return Detector(std::move(copy));
}

std::vector<std::vector<ScoredBox>> Detector::detect(std::span<const FrameImage* const> frames,
                                                     double min_score) {
    const auto& i = *implementation_;
    return ekya::detect(i.network_, frames, i.width_, i.height_, i.device_, min_score);
}

std::vector<float> Detector::features(std::span<const FrameImage* const> frames) {
    const auto& i = *implementation_;
    return frame_features(i.network_, frames, i.width_, i.height_, i.device_);
}

void Detector::warm_up(int frames) {
    const auto& i = *implementation_;
    const FrameImage blank{i.width_, i.height_,
                           std::vector<std::uint8_t>(std::size_t{3} * i.width_ * i.height_, 114)};
    const std::vector<const FrameImage*> batch(static_cast<std::size_t>(std::max(frames, 1)),
                                               &blank);
    static_cast<void>(detect(batch));
}

const Architecture& Detector::architecture() const { return implementation_->architecture_; }
int Detector::input_size() const { return implementation_->width_; }

}  // namespace ekya
