#include "part_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

std::uint64_t seed_for(const WindowManifest& manifest, std::uint64_t seed) {
    for (const char c : manifest.stream + "#" + std::to_string(manifest.window))
        seed = (seed ^ static_cast<unsigned char>(c)) *
               1099511628211ULL;  // FNV-1a: the same on every platform
    return seed;
}

constexpr int thumbnail_side = 4;
using Thumbnail = std::array<float, thumbnail_side * thumbnail_side * 3>;

/// Mean colours of a grid of fields, the picture's own mean taken off: what light does to all of it
/// is no change.
Thumbnail thumbnail_of(const CropBatch& pictures, std::size_t index) {
    Thumbnail sums{}, counts{};
    const auto pixels = pictures.crop(index);
    const auto side = static_cast<std::size_t>(pictures.size);
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

std::vector<bool> among(const std::vector<std::size_t>& indices, std::size_t count) {
    std::vector<bool> is(count, false);
    for (const auto index : indices) is[index] = true;
    return is;
}

void sort_by_index(std::vector<ChosenPart>& chosen) {
    std::sort(chosen.begin(), chosen.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
}

/// Two strata: those up to the last one added are all labelled, those behind it are represented by
/// the uniform ones there.
/// @param rank of each, its place in the order
void weigh(std::vector<ChosenPart>& chosen, std::size_t last_added,
           const std::vector<std::size_t>& rank) {
    const auto is_behind = [&](const ChosenPart& c) { return rank[c.index] > rank[last_added]; };
    const auto behind =
        static_cast<std::size_t>(std::count_if(chosen.begin(), chosen.end(), is_behind));
    const std::size_t before = chosen.size() - behind;
    for (auto& c : chosen) {
        if (behind == 0 && before < rank.size())
            c.weight = c.uniform ? 1 : 0;  // nobody speaks for those behind
        else
            c.weight = is_behind(c)
                           ? static_cast<double>(rank.size() - before) / static_cast<double>(behind)
                           : 1;
    }
}

}  // namespace

std::vector<std::size_t> draw(const WindowManifest& manifest, std::size_t count, double fraction,
                              std::uint64_t seed) {
    require_in_range("fraction", fraction, 0, 1);
    auto wanted = wanted_of(count, fraction);
    if (wanted == 0 && fraction > 0 && count > 0) wanted = 1;
    std::vector<std::size_t> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = i;
    std::mt19937_64 random(seed_for(manifest, seed));
    for (std::size_t i = 0; i < wanted; ++i)
        std::swap(all[i], all[i + random() % (all.size() - i)]);
    all.resize(wanted);
    return all;
}

std::size_t wanted_of(std::size_t count, double fraction) {
    return static_cast<std::size_t>(std::lround(fraction * static_cast<double>(count)));
}

std::vector<ChosenPart> only(const std::vector<std::size_t>& uniform) {
    std::vector<ChosenPart> chosen;
    for (const auto index : uniform) chosen.push_back({index});
    return chosen;
}

std::vector<ChosenPart> with_first_of(const std::vector<std::size_t>& order,
                                      const std::vector<std::size_t>& uniform, std::size_t wanted) {
    auto chosen = only(uniform);
    const auto is_taken = among(uniform, order.size());
    for (const auto index : order) {
        if (chosen.size() >= wanted) break;
        if (!is_taken[index]) chosen.push_back({index, false, 0});
    }
    if (chosen.size() > uniform.size()) {
        std::vector<std::size_t> rank(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
        weigh(chosen, chosen.back().index, rank);
    }
    sort_by_index(chosen);
    return chosen;
}

std::vector<ChosenPart> with_most_different(const CropBatch& pictures,
                                            const std::vector<std::size_t>& uniform,
                                            std::size_t wanted) {
    auto chosen = only(uniform);
    std::vector<Thumbnail> thumbnails;
    for (std::size_t i = 0; i < pictures.count(); ++i)
        thumbnails.push_back(thumbnail_of(pictures, i));
    std::vector<float> nearest(thumbnails.size(), std::numeric_limits<float>::max());
    const auto take = [&](std::size_t taken) {
        for (std::size_t i = 0; i < nearest.size(); ++i)
            nearest[i] = std::min(nearest[i], distance(thumbnails[i], thumbnails[taken]));
    };
    const auto is_taken = among(uniform, thumbnails.size());
    for (const auto index : uniform) take(index);
    for (std::size_t i = 0; i < nearest.size(); ++i)
        if (is_taken[i]) nearest[i] = -1;
    wanted = std::min(wanted, thumbnails.size());
    while (chosen.size() < wanted) {
        const auto farthest = static_cast<std::size_t>(
            std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
        chosen.push_back({farthest, false, 0});
        take(farthest);
        nearest[farthest] = -1;
    }
    sort_by_index(chosen);
    return chosen;
}

}  // namespace ekya
