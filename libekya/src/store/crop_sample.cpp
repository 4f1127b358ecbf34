#include "ekya/store/crop_sample.hpp"

#include <algorithm>
#include <cmath>
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

}  // namespace

std::vector<CropReference> sample_crops(const WindowManifest& manifest, double fraction,
                                        std::uint64_t seed) {
    require_in_range("fraction", fraction, 0, 1);
    std::vector<CropReference> all;
    for (std::size_t f = 0; f < manifest.frames.size(); ++f)
        for (std::size_t o = 0; o < manifest.frames[f].objects.size(); ++o)
            if (const int crop = manifest.frames[f].objects[o].crop; crop >= 0)
                all.push_back({crop, f, o});
    auto wanted = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(all.size())));
    if (wanted == 0 && fraction > 0 && !all.empty()) wanted = 1;
    std::mt19937_64 random(seed_for(manifest, seed));
    for (std::size_t i = 0; i < wanted; ++i)
        std::swap(all[i], all[i + random() % (all.size() - i)]);
    all.resize(wanted);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.crop < b.crop; });
    return all;
}

}  // namespace ekya
