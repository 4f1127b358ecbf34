#include "frame_tensor.hpp"

#include "crop_tensor.hpp"

namespace ekya {
namespace {

Picture picture_of(const FrameImage& frame) {
    return {Picture::Format::bgr, frame.width, frame.height, frame.bgr.data(),
            std::ptrdiff_t{3} * frame.width};
}

}  // namespace

FrameFit::FrameFit(int frame_width, int frame_height, int width, int height, bool stretched)
    : patch_(stretched
                 ? Patch{0, 0, 0, frame_width, frame_height, 0, 0, width, height}
                 : letterbox({Picture::Format::bgr, frame_width, frame_height}, 0, width, height)),
      frame_width_(frame_width),
      frame_height_(frame_height) {}

Box FrameFit::into(const Box& box) const {
    const double x = patch_.out_width / frame_width_, y = patch_.out_height / frame_height_;
    return {box.x0 * x + patch_.out_x, box.y0 * y + patch_.out_y, box.x1 * x + patch_.out_x,
            box.y1 * y + patch_.out_y};
}

Box FrameFit::back(const Box& box) const {
    const double x = frame_width_ / patch_.out_width, y = frame_height_ / patch_.out_height;
    return clip({(box.x0 - patch_.out_x) * x, (box.y0 - patch_.out_y) * y,
                 (box.x1 - patch_.out_x) * x, (box.y1 - patch_.out_y) * y},
                frame_width_, frame_height_);
}

torch::Tensor frame_tensor(std::span<const FrameImage* const> frames, int width, int height,
                           const FrameInput& form, const torch::Device& device) {
    auto values = torch::empty({static_cast<std::int64_t>(frames.size()), height, width, 3});
    std::vector<Picture> pictures;
    std::vector<Patch> patches;
    for (const auto* frame : frames) {
        pictures.push_back(picture_of(*frame));
        patches.push_back(
            FrameFit(frame->width, frame->height, width, height, form.stretched).patch());
        patches.back().picture = static_cast<int>(patches.size()) - 1;
    }
    LevelScale levels;
    levels.per_image = !form.unit_levels;
    levels.least_variance = static_cast<float>(least_variance);
    if (!frames.empty())
        resample(pictures, patches, {values.data_ptr<float>(), width, height}, levels);
    return values.permute({0, 3, 1, 2}).to(device);
}

}  // namespace ekya
