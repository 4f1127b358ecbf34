#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/grade.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// How well a model agrees with the golden model: its score on the labels, with the Wilson interval
/// of 95 % at as many labels of equal weight as measure about as well. Samples of weight 0 do not
/// count. It is no accuracy: the golden model errs.
/// @param grades of its answers   @param weights as many   @throws DomainError if they are not
[[nodiscard]] Agreement agreement_of(const std::string& model, std::span<const Grade> grades,
                                     std::span<const double> weights);

/// Over several windows: all labels together, with the interval of so many. Its model is the last.
/// @return none if none of them has labels
[[nodiscard]] std::optional<Agreement> over_windows(const std::vector<Agreement>& windows);

/// For tables, in per cent: "84 (70-92, n 40)"; "-" without labels.
[[nodiscard]] std::string percent_text(const Agreement& agreement);

/// For people: "agrees 84 % (70-92, n 40)".
[[nodiscard]] std::string to_text(const Agreement& agreement);

}  // namespace ekya
