#include "crop_tensor.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// A view; nothing is written through it.
torch::Tensor bytes_of(const CropBatch& crops, std::size_t first, std::size_t count) {
    auto* const data = const_cast<std::uint8_t*>(crops.rgb.data()) + first * crops.bytes_per_crop();
    const std::int64_t side = crops.size;
    return torch::from_blob(data, {static_cast<std::int64_t>(count), side, side, 3}, torch::kUInt8);
}

}  // namespace

torch::Tensor crop_tensor(const torch::Tensor& bytes, int size, const torch::Device& device,
                          const Normalisation& normalisation) {
    namespace F = torch::nn::functional;
    // NHWC bytes seen as NCHW are channels-last already; every step below keeps that.
    auto x = bytes.to(device).permute({0, 3, 1, 2}).to(torch::kFloat32);
    if (x.size(2) != size) {
        const bool shrinks = size < x.size(2);
        x = F::interpolate(x, F::InterpolateFuncOptions()
                                  .size(std::vector<std::int64_t>{size, size})
                                  .mode(torch::kBilinear)
                                  .align_corners(false)
                                  .antialias(shrinks));
        x = x.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    std::array<float, 3> scale{}, shift{};
    for (std::size_t c = 0; c < 3; ++c) {
        scale[c] = 1 / (255 * normalisation.deviation[c]);
        shift[c] = -normalisation.mean[c] / normalisation.deviation[c];
    }
    // One number needs no tensor, which could not be copied to a GPU while a graph is recorded.
    const auto alike = [](const std::array<float, 3>& v) { return v[0] == v[1] && v[1] == v[2]; };
    if (alike(scale) && alike(shift)) {
        x.mul_(scale[0]);
        if (shift[0] != 0) x.add_(shift[0]);
    } else {
        const auto row = [&](std::array<float, 3>& values) {
            return torch::from_blob(values.data(), {1, 3, 1, 1}, torch::kFloat32)
                .clone()
                .to(device);
        };
        x.mul_(row(scale)).add_(row(shift));
    }
    if (!normalisation.per_crop) return x;
    x.sub_(x.mean({1, 2, 3}, /*keepdim=*/true));
    return x.mul_(torch::rsqrt(x.square().mean({1, 2, 3}, /*keepdim=*/true) + least_variance));
}

torch::Tensor crop_tensor(const CropBatch& crops, std::size_t first, std::size_t count, int size,
                          const torch::Device& device, const Normalisation& normalisation) {
    if (first + count > crops.count()) throw DomainError("crops: fewer than asked for");
    return crop_tensor(bytes_of(crops, first, count), size, device, normalisation);
}

torch::Tensor crop_tensor(const CropBatch& crops, const std::vector<std::size_t>& indices, int size,
                          const torch::Device& device) {
    constexpr std::size_t chunk = 256;  // bounds the memory of what is only needed on the way
    const auto all = bytes_of(crops, 0, crops.count());
    const std::vector<std::int64_t> rows(indices.begin(), indices.end());
    std::vector<torch::Tensor> parts;
    for (std::size_t first = 0; first < rows.size(); first += chunk) {
        const auto last = std::min(first + chunk, rows.size());
        const auto index = torch::tensor(
            std::vector<std::int64_t>(rows.begin() + static_cast<std::ptrdiff_t>(first),
                                      rows.begin() + static_cast<std::ptrdiff_t>(last)));
        parts.push_back(crop_tensor(all.index_select(0, index), size, device, own_normalisation));
    }
    if (parts.empty()) return torch::empty({0, 3, size, size}, torch::TensorOptions(device));
    return torch::cat(parts).contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace ekya
