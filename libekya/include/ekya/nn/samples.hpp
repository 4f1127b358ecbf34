#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ekya/core/samples.hpp"

namespace ekya {

using TrainingSamples = LabelledCrops;

/// @throws DomainError if labels and crops differ in number, or a label is not in [0, classes)
void validate(const TrainingSamples& samples, int classes);
/// @throws DomainError if images and boxes differ in number, an image has no area, a box is not
/// finite, or its label is not in [0, classes)
void validate(const LabelledFrames& samples, int classes);

/// Indices of a random part of the samples, ascending, drawn within each class so that the class
/// mix stays: about fraction * n of each, at least one of every class present. Nested: with one
/// seed, the part for 0.1 lies within the part for 0.5, so a larger fraction is never worse by the
/// luck of the draw.
/// @throws DomainError if the fraction is not in (0, 1]
/// @param labels class index of each sample; any number that stands for a class will do
[[nodiscard]] std::vector<std::size_t> stratified_part(const std::vector<int>& labels,
                                                       double fraction, std::uint64_t seed);

}  // namespace ekya
