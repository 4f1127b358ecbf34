#include "augmentation.hpp"

#include <cmath>

namespace ekya {

torch::Tensor augmented(const torch::Tensor& batch, const Augmentation& amount, Random& random) {
    const std::int64_t count = batch.size(0);
    auto theta = torch::zeros({count, 2, 3});   // where each output pixel comes from, in [-1, 1] across the crop
    auto light = torch::empty({2, count, 1, 1, 1});   // factor, then summand
    auto affine = theta.accessor<float, 3>();
    auto factors = light.accessor<float, 5>();
    for (std::int64_t i = 0; i < count; ++i) {
        const double scale = std::pow(1 + amount.zoom, random.uniform(-1, 1));
        const double side = random.uniform() < amount.flip ? -1 : 1;
        affine[i][0][0] = static_cast<float>(side * scale);
        affine[i][1][1] = static_cast<float>(scale);
        affine[i][0][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        affine[i][1][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        factors[0][i][0][0][0] = static_cast<float>(std::pow(1 + amount.contrast, random.uniform(-1, 1)));
        factors[1][i][0][0][0] = static_cast<float>(random.uniform(-amount.brightness, amount.brightness));
    }
    const torch::NoGradGuard no_grad;
    constexpr std::int64_t bilinear = 0, border = 1;
    const auto grid = torch::affine_grid_generator(theta.to(batch.device()), batch.sizes(), /*align_corners=*/false);
    const auto moved = torch::grid_sampler(batch, grid, bilinear, border, /*align_corners=*/false);

    const auto on_device = light.to(batch.device());
    return moved.mul(on_device[0]).add_(on_device[1]).contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace ekya
