#include "ekya/store/sample_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<SampleChoice, const char*>, 3> names{
    {{SampleChoice::uniform, "uniform"},
     {SampleChoice::change, "change"},
     {SampleChoice::uncertain, "uncertain"}}};

constexpr int thumbnail_side = 4;
using Thumbnail = std::array<float, thumbnail_side * thumbnail_side * 3>;

/// Mean colours of a grid of fields, the crop's own mean taken off: what light does to all of it is
/// no change.
Thumbnail thumbnail_of(const CropBatch& crops, std::size_t index) {
    Thumbnail sums{}, counts{};
    const auto pixels = crops.crop(index);
    const auto side = static_cast<std::size_t>(crops.size);
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x)
            for (std::size_t channel = 0; channel < 3; ++channel) {
                const std::size_t field =
                    (y * thumbnail_side / side * thumbnail_side + x * thumbnail_side / side) * 3 +
                    channel;
                sums[field] += pixels[(y * side + x) * 3 + channel];
                counts[field] += 1;
            }
    float mean = 0;
    for (std::size_t i = 0; i < sums.size(); ++i)
        mean += (sums[i] /= std::max(1.0F, counts[i])) / static_cast<float>(sums.size());
    for (float& value : sums) value -= mean;
    return sums;
}

float distance(const Thumbnail& a, const Thumbnail& b) {
    float sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/// Positions in `candidates` of the `count` that lie farthest from what is chosen already, one
/// after the other.
std::vector<std::size_t> most_different(const CropBatch& crops,
                                        const std::vector<CropReference>& candidates,
                                        const std::vector<ChosenCrop>& chosen, std::size_t count) {
    std::vector<Thumbnail> thumbnails;
    for (const auto& candidate : candidates)
        thumbnails.push_back(thumbnail_of(crops, static_cast<std::size_t>(candidate.crop)));
    std::vector<float> nearest(candidates.size(), std::numeric_limits<float>::max());
    const auto take = [&](const Thumbnail& taken) {
        for (std::size_t i = 0; i < nearest.size(); ++i)
            nearest[i] = std::min(nearest[i], distance(thumbnails[i], taken));
    };
    for (const auto& c : chosen)
        take(thumbnail_of(crops, static_cast<std::size_t>(c.reference.crop)));
    std::vector<std::size_t> picked;
    while (picked.size() < count) {
        const auto farthest = static_cast<std::size_t>(
            std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
        picked.push_back(farthest);
        take(thumbnails[farthest]);
        nearest[farthest] = -1;
    }
    return picked;
}

/// What the serving model thinks of the crops, and their order from the least sure to the surest.
class Confidence {
public:
    Confidence(const CropBatch& crops, const SampleOptions& options)
        : of_(options.confidence(crops)) {
        if (of_.size() != crops.count())
            throw DomainError("confidence: " + std::to_string(of_.size()) + " for " +
                              std::to_string(crops.count()) + " crops");
        for (const double confidence : of_) require_in_range("confidence", confidence, 0, 1);
    }
    [[nodiscard]] bool is_less(int a, int b) const {
        return std::tuple(of_[static_cast<std::size_t>(a)], a) <
               std::tuple(of_[static_cast<std::size_t>(b)], b);
    }

private:
    std::vector<double> of_;
};

std::vector<std::size_t> least_sure(const std::vector<CropReference>& candidates,
                                    const Confidence& confidence, std::size_t count) {
    std::vector<std::size_t> order(candidates.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return confidence.is_less(candidates[a].crop, candidates[b].crop);
    });
    order.resize(count);
    return order;
}

/// Two strata: crops up to the surest one that was picked are all labelled, those above it are
/// represented by the uniform ones there.
/// @param surest_picked crop; @param crops in all
void weigh(std::vector<ChosenCrop>& chosen, int surest_picked, const Confidence& confidence,
           std::size_t crops) {
    const auto is_above = [&](const ChosenCrop& c) {
        return confidence.is_less(surest_picked, c.reference.crop);
    };
    const auto above =
        static_cast<std::size_t>(std::count_if(chosen.begin(), chosen.end(), is_above));
    const std::size_t below = chosen.size() - above;
    for (auto& c : chosen) {
        if (above == 0 && below < crops)
            c.weight = c.uniform ? 1 : 0;  // nobody speaks for the sure ones
        else
            c.weight =
                is_above(c) ? static_cast<double>(crops - below) / static_cast<double>(above) : 1;
    }
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
    for (const auto& reference : sample_crops(
             manifest, options.fraction * (all_uniform ? 1 : options.uniform_part), options.seed))
        chosen.push_back({reference, true});
    if (all_uniform) return chosen;

    std::set<int> taken;
    for (const auto& c : chosen) taken.insert(c.reference.crop);
    auto candidates = sample_crops(manifest, 1, options.seed);
    const auto wanted = static_cast<std::size_t>(
        std::lround(options.fraction * static_cast<double>(candidates.size())));
    std::erase_if(candidates,
                  [&](const auto& reference) { return taken.contains(reference.crop); });
    const std::size_t missing =
        wanted > chosen.size() ? std::min(wanted - chosen.size(), candidates.size()) : 0;
    const auto take = [&](const std::vector<std::size_t>& picked) {
        for (const auto index : picked) chosen.push_back({candidates[index], false, 0});
    };
    if (options.choice == SampleChoice::change) {
        take(most_different(crops, candidates, chosen, missing));
    } else {
        const Confidence confidence(crops, options);
        const auto picked = least_sure(candidates, confidence, missing);
        take(picked);
        if (!picked.empty())
            weigh(chosen, candidates[picked.back()].crop, confidence, crops.count());
    }
    std::sort(chosen.begin(), chosen.end(),
              [](const auto& a, const auto& b) { return a.reference.crop < b.reference.crop; });
    return chosen;
}

}  // namespace ekya
