#include "augmentation.hpp"

#include <cmath>

#include "crop_tensor.hpp"

namespace ekya {

torch::Tensor augmented(const torch::Tensor& batch, const Augmentation& amount, Random& random) {
    const std::int64_t count = batch.size(0);
    auto theta = torch::zeros({count, 2, 3});   // where each output pixel comes from, in [-1, 1] across the crop
    auto light = torch::empty({2, count, 1, 1, 1});
    auto affine = theta.accessor<float, 3>();
    auto factors = light.accessor<float, 5>();
    for (std::int64_t i = 0; i < count; ++i) {
        const double scale = std::pow(1 + amount.zoom, random.uniform(-1, 1));
        const double side = random.uniform() < amount.flip ? -1 : 1;
        affine[i][0][0] = static_cast<float>(side * scale);
        affine[i][1][1] = static_cast<float>(scale);
        affine[i][0][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        affine[i][1][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        factors[0][i][0][0][0] = static_cast<float>(std::pow(1 + amount.brightness, random.uniform(-1, 1)));
        factors[1][i][0][0][0] = static_cast<float>(1 + random.uniform(-amount.contrast, amount.contrast));
    }
    const torch::NoGradGuard no_grad;
    constexpr std::int64_t bilinear = 0, border = 1;
    const auto grid = torch::affine_grid_generator(theta.to(batch.device()), batch.sizes(), /*align_corners=*/false);
    const auto moved = torch::grid_sampler(batch, grid, bilinear, border, /*align_corners=*/false);

    // A normalised pixel x stands for x * deviation + mean. Brightness b multiplies that, contrast c pulls it from the
    // crop's mean m: c * (b * x + offset) + (1 - c) * (b * m + offset), offset = (b - 1) * mean / deviation.
    const auto on_device = light.to(batch.device());
    const auto brightness = on_device[0], contrast = on_device[1];
    const auto offset = (brightness - 1) * (grey_normalisation.mean[0] / grey_normalisation.deviation[0]);
    const auto shift = offset + (1 - contrast) * brightness * moved.mean({1, 2, 3}, /*keepdim=*/true);
    return moved.mul(brightness * contrast).add_(shift).contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace ekya
