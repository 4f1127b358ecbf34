#include "ekya/store/crop_sample.hpp"

#include <algorithm>

#include "part_choice.hpp"

namespace ekya {

std::vector<CropReference> sample_crops(const WindowManifest& manifest, double fraction,
                                        std::uint64_t seed) {
    std::vector<CropReference> all, drawn;
    for (std::size_t f = 0; f < manifest.frames.size(); ++f)
        for (std::size_t o = 0; o < manifest.frames[f].objects.size(); ++o)
            if (const int crop = manifest.frames[f].objects[o].crop; crop >= 0)
                all.push_back({crop, f, o});
    for (const auto index : draw(manifest, all.size(), fraction, seed)) drawn.push_back(all[index]);
    std::sort(drawn.begin(), drawn.end(),
              [](const auto& a, const auto& b) { return a.crop < b.crop; });
    return drawn;
}

}  // namespace ekya
