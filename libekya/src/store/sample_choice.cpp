#include "ekya/store/sample_choice.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "part_choice.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<SampleChoice, const char*>, 3> names{
    {{SampleChoice::uniform, "uniform"},
     {SampleChoice::change, "change"},
     {SampleChoice::uncertain, "uncertain"}}};

/// Crops from the one the serving model is least sure of to the surest.
std::vector<std::size_t> least_sure_first(const CropBatch& crops, const SampleOptions& options) {
    const auto confidence = options.confidence(crops);
    if (confidence.size() != crops.count())
        throw DomainError("confidence: " + std::to_string(confidence.size()) + " for " +
                          std::to_string(crops.count()) + " crops");
    for (const double value : confidence) require_in_range("confidence", value, 0, 1);
    std::vector<std::size_t> order(crops.count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(confidence[a], a) < std::tie(confidence[b], b);
    });
    return order;
}

/// The manifest's, by crop. @throws DomainError unless they are as many as the crops, each once
std::vector<CropReference> references_of(const WindowManifest& manifest, const CropBatch& crops,
                                         std::uint64_t seed) {
    auto all = sample_crops(manifest, 1, seed);
    bool fits = all.size() == crops.count();
    for (std::size_t i = 0; i < all.size() && fits; ++i)
        fits = static_cast<std::size_t>(all[i].crop) == i;
    if (!fits)
        throw DomainError("crops: the manifest does not name each of the " +
                          std::to_string(crops.count()) + " crops once");
    return all;
}

}  // namespace

SampleChoice sample_choice_from(const std::string& name) {
    for (const auto& [value, text] : names)
        if (name == text) return value;
    throw DomainError("sample choice: \"" + name + "\" is not one of uniform, change, uncertain");
}

std::vector<ChosenCrop> choose_crops(const WindowManifest& manifest, const CropBatch& crops,
                                     const SampleOptions& options) {
    require_in_range("uniform_part", options.uniform_part, 0, 1);
    if (crops.count() != static_cast<std::size_t>(manifest.crops))
        throw DomainError("crops: " + std::to_string(crops.count()) + ", the window has " +
                          std::to_string(manifest.crops));
    const bool all_uniform = options.choice == SampleChoice::uniform || options.fraction >= 1 ||
                             (options.choice == SampleChoice::uncertain && !options.confidence);
    std::vector<ChosenCrop> chosen;
    const auto uniform = sample_crops(
        manifest, options.fraction * (all_uniform ? 1 : options.uniform_part), options.seed);
    if (all_uniform) {
        for (const auto& reference : uniform) chosen.push_back({reference});
        return chosen;
    }
    const auto all = references_of(manifest, crops, options.seed);
    std::vector<std::size_t> drawn;
    for (const auto& reference : uniform) drawn.push_back(static_cast<std::size_t>(reference.crop));
    const auto wanted = wanted_of(all.size(), options.fraction);
    const auto parts = options.choice == SampleChoice::change
                           ? with_most_different(crops, drawn, wanted)
                           : with_first_of(least_sure_first(crops, options), drawn, wanted);
    for (const auto& part : parts) chosen.push_back({all[part.index], part.uniform, part.weight});
    return chosen;
}

}  // namespace ekya
