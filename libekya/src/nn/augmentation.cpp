#include "augmentation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sent.hpp"

namespace ekya {

namespace {

/// @param sides -1 for each mirrored crop, else 1
torch::Tensor augmented_places(const torch::Tensor& places, const std::vector<float>& sides,
                               const Augmentation& amount, Random& random) {
    // place * factor + mirror + shift, drawn on the CPU and applied where the places are.
    auto changes = torch::empty({3, places.size(0), 4});
    auto rows = changes.accessor<float, 3>();
    for (std::int64_t i = 0; i < places.size(0); ++i) {
        const float side = sides[static_cast<std::size_t>(i)];
        for (int c = 0; c < 2; ++c) {
            const bool mirrored = c == 0 && side < 0;
            rows[0][i][c] = mirrored ? -1 : 1;
            rows[1][i][c] = mirrored ? 1 : 0;
            rows[2][i][c] = static_cast<float>(random.uniform(-amount.move, amount.move));
        }
        for (int c = 2; c < 4; ++c) {
            rows[0][i][c] = static_cast<float>(std::pow(1 + amount.stretch, random.uniform(-1, 1)));
            rows[1][i][c] = rows[2][i][c] = 0;
        }
    }
    const auto there = sent_to(changes, places.device());
    return places.mul(there[0]).add_(there[1]).add_(there[2]);
}

}  // namespace

Augmentation Augmentation::of_strength(double strength) { return Augmentation{}.scaled(strength); }

Augmentation Augmentation::scaled(double strength) const {
    Augmentation a = *this;
    for (double* amount :
         {&a.shift, &a.zoom, &a.flip, &a.brightness, &a.contrast, &a.move, &a.stretch})
        *amount *= strength;
    return a;
}

Augmentation Augmentation::of_frames(double strength, const FrameInput& form) {
    Augmentation a;
    a.shift = 0.1;
    a.zoom = 0.25;
    a = a.scaled(strength);
    a.repeats_border = false;
    if (form.unit_levels) {
        a.mean = 114 / 255.0;  // what frames do not cover
        a.deviation = 0.25;    // of usual pictures
    }
    return a;
}

Box Movement::of(std::size_t picture, const Box& box, double width, double height) const {
    const auto along = [](const Axis& axis, double from, double to, double side) {
        const auto out = [&](double in) {
            return ((2 * in / side - 1 - axis.shift) / axis.scale + 1) * side / 2;
        };
        return std::minmax({out(from), out(to)});
    };
    const auto [x0, x1] = along(x[picture], box.x0, box.x1, width);
    const auto [y0, y1] = along(y[picture], box.y0, box.y1, height);
    return {x0, y0, x1, y1};
}

NetworkInput augmented(const NetworkInput& input, const Augmentation& amount, Random& random,
                       Movement* movement) {
    const torch::Tensor batch = amount.mean == 0 ? input.values : input.values.sub(amount.mean);
    const std::int64_t count = batch.size(0);
    std::vector<float> sides;
    auto theta = torch::zeros(
        {count, 2, 3});  // where each output pixel comes from, in [-1, 1] across the crop
    auto light = torch::empty({2, count, 1, 1, 1});  // factor, then summand
    auto affine = theta.accessor<float, 3>();
    auto factors = light.accessor<float, 5>();
    for (std::int64_t i = 0; i < count; ++i) {
        const double scale = std::pow(1 + amount.zoom, random.uniform(-1, 1));
        const double side = random.uniform() < amount.flip ? -1 : 1;
        sides.push_back(static_cast<float>(side));
        affine[i][0][0] = static_cast<float>(side * scale);
        affine[i][1][1] = static_cast<float>(scale);
        affine[i][0][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        affine[i][1][2] = static_cast<float>(2 * random.uniform(-amount.shift, amount.shift));
        if (movement) {
            movement->x.push_back({affine[i][0][0], affine[i][0][2]});
            movement->y.push_back({affine[i][1][1], affine[i][1][2]});
        }
        factors[0][i][0][0][0] =
            static_cast<float>(std::pow(1 + amount.contrast, random.uniform(-1, 1)));
        factors[1][i][0][0][0] = static_cast<float>(
            random.uniform(-amount.brightness, amount.brightness) * amount.deviation + amount.mean);
    }
    const torch::NoGradGuard no_grad;
    constexpr std::int64_t bilinear = 0, zeros = 0, border = 1;
    const auto grid = torch::affine_grid_generator(sent_to(theta, batch.device()), batch.sizes(),
                                                   /*align_corners=*/false);
    const auto moved =
        torch::grid_sampler(batch, grid, bilinear, amount.repeats_border ? border : zeros,
                            /*align_corners=*/false);

    const auto on_device = sent_to(light, batch.device());
    return {
        moved.mul(on_device[0]).add_(on_device[1]).contiguous(torch::MemoryFormat::ChannelsLast),
        input.places.defined() ? augmented_places(input.places, sides, amount, random)
                               : torch::Tensor()};
}

}  // namespace ekya
