// Which part of a window's crops or frames is labelled; what they are does not matter here.
#pragma once
#include <cstdint>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

struct ChosenPart {
    std::size_t index;    ///< of the crop or frame, in the order of the manifest
    bool uniform = true;  ///< drawn uniformly
    double weight = 1;    ///< how many it stands for where accuracies are measured; 0 = none
};

/// Indices below `count`, drawn uniformly and in the order of drawing: as many as the fraction
/// says, at least one unless that is 0. The same seed, stream and window give the same.
/// @throws DomainError if fraction is not in [0, 1]
[[nodiscard]] std::vector<std::size_t> draw(const WindowManifest& manifest, std::size_t count,
                                            double fraction, std::uint64_t seed);

/// How many a fraction is: the uniform ones and those that are added to them.
[[nodiscard]] std::size_t wanted_of(std::size_t count, double fraction);

/// These alone, drawn uniformly.
[[nodiscard]] std::vector<ChosenPart> only(const std::vector<std::size_t>& uniform);

/// The uniform ones and the first others of an order until there are `wanted`; ascending. All up to
/// the last one added are chosen and stand for themselves; the uniform ones behind it stand for all
/// that lie there. Where none does, the uniform ones alone have a weight.
/// @param order all indices, the one to label first at the front
/// @param uniform indices, ascending
[[nodiscard]] std::vector<ChosenPart> with_first_of(const std::vector<std::size_t>& order,
                                                    const std::vector<std::size_t>& uniform,
                                                    std::size_t wanted);

/// The uniform ones and those that look least like any chosen before, until there are `wanted`;
/// ascending. Only uniform ones have a weight.
/// @param pictures of all, small or large; what light does to a whole picture is no difference
[[nodiscard]] std::vector<ChosenPart> with_most_different(const CropBatch& pictures,
                                                          const std::vector<std::size_t>& uniform,
                                                          std::size_t wanted);

}  // namespace ekya
