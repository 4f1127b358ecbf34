#include "network_input.hpp"

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

torch::Tensor joined(const std::vector<torch::Tensor>& parts) {
    if (parts.size() == 1) return parts.front();
    auto all = torch::cat(parts);
    return all.dim() == 4 ? all.contiguous(torch::MemoryFormat::ChannelsLast) : all;
}

}  // namespace

NetworkInput NetworkInput::rows(std::int64_t first, std::int64_t count) const {
    const auto part = [&](const torch::Tensor& x) {
        return x.defined() ? x.narrow(0, first, count) : x;
    };
    NetworkInput result{part(values), part(places)};
    for (std::size_t i = 0; i < levels.size(); ++i) result.levels[i] = part(levels[i]);
    if (!boxes.empty()) result.boxes.assign(boxes.begin() + first, boxes.begin() + first + count);
    return result;
}

NetworkInput concatenated(const std::vector<NetworkInput>& parts) {
    std::vector<torch::Tensor> values, places;
    std::array<std::vector<torch::Tensor>, 3> levels;
    NetworkInput all;
    std::int64_t with_places = 0, rows = 0;
    for (const auto& part : parts) {
        values.push_back(part.values);
        rows += part.values.size(0);
        if (part.places.defined()) {
            places.push_back(part.places);
            with_places += part.values.size(0);
        }
        for (std::size_t i = 0; i < levels.size(); ++i)
            if (part.levels[i].defined()) levels[i].push_back(part.levels[i]);
        all.boxes.insert(all.boxes.end(), part.boxes.begin(), part.boxes.end());
    }
    if (with_places > 0 && with_places != rows)
        throw InputError("crops: only some of them know their place in the frame");
    all.values = joined(values);
    if (!places.empty()) all.places = torch::cat(places);
    for (std::size_t i = 0; i < levels.size(); ++i)
        if (!levels[i].empty()) all.levels[i] = joined(levels[i]);
    return all;
}

}  // namespace ekya
