#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// A stored crop and where its object is in the manifest.
struct CropReference {
    int crop;
    std::size_t frame;   ///< position in WindowManifest::frames
    std::size_t object;  ///< position in its objects
};

/// A uniform random part of a window's stored crops, in ascending order of crops; at least one if
/// there is any and the fraction is above 0. The same seed, stream and window give the same part;
/// different streams differ.
/// @throws DomainError if fraction is not in [0, 1]
[[nodiscard]] std::vector<CropReference> sample_crops(const WindowManifest& manifest,
                                                      double fraction, std::uint64_t seed);

}  // namespace ekya
