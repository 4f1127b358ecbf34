#pragma once
#include <span>

#include "ekya/core/grade.hpp"

namespace ekya {

/// Sum of what was earned over the sum of what could be, in [0, 1]; 1 where nothing could be, 0
/// without samples.
/// @param weights of the samples; empty = all alike
/// @throws DomainError if they are not as many
[[nodiscard]] double score_of(std::span<const Grade> grades, std::span<const double> weights = {});

/// How many labels of equal weight, each right or wrong, would measure that score about as well. Of
/// samples that are right or wrong Kish's number, the squared sum of weights over the sum of their
/// squares; it is cautious, as it does not know of what is labelled completely. Of others, s (1 -
/// s) over the score's variance, which is the larger one of a bootstrap over samples and of what
/// their parts would give if they had nothing to do with each other.
[[nodiscard]] double measured_labels(std::span<const Grade> grades,
                                     std::span<const double> weights = {});

/// Whether every sample is one label, right or wrong.
[[nodiscard]] bool is_right_or_wrong(std::span<const Grade> grades);

}  // namespace ekya
