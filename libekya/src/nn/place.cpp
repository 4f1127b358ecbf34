#include "place.hpp"

#include "ekya/core/errors.hpp"

namespace ekya {

torch::Tensor place_tensor(const CropBatch& crops, std::size_t first, std::size_t count,
                           const torch::Device& device) {
    static_assert(sizeof(FramePlace) == 4 * sizeof(float));
    if (crops.places.empty()) return {};
    if (first + count > crops.places.size()) throw DomainError("places: fewer than crops");
    auto* const data = const_cast<FramePlace*>(
        crops.places.data() + first);  // copied below, nothing is written through it
    return torch::from_blob(data, {static_cast<std::int64_t>(count), 4}, torch::kFloat32)
        .clone()
        .to(device);
}

torch::Tensor place_tensor(const CropBatch& crops, const std::vector<std::size_t>& indices,
                           const torch::Device& device) {
    if (crops.places.empty()) return {};
    const std::vector<std::int64_t> rows(indices.begin(), indices.end());
    return place_tensor(crops, 0, crops.places.size(), device)
        .index_select(0, torch::tensor(rows, torch::kInt64).to(device));
}

torch::Tensor place_features(const torch::Tensor& places) {
    const auto columns = places.unbind(1);
    const auto &x = columns[0], &y = columns[1], &width = columns[2], &height = columns[3];
    constexpr double smallest = 1e-3;
    return torch::stack({(x - 0.5) * 3, (y - 0.5) * 4, torch::log(width.clamp_min(smallest) / 0.08),
                         torch::log(height.clamp_min(smallest) / 0.1), (y + height / 2 - 0.6) * 4},
                        1);
}

}  // namespace ekya
