#include "ekya/profile/paired_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {

PairedComparison compare_answers(std::span<const int> labels, std::span<const int> incumbent,
                                 std::span<const int> candidate) {
    if (labels.size() != incumbent.size() || labels.size() != candidate.size())
        throw DomainError("answers: " + std::to_string(incumbent.size()) + " and " +
                          std::to_string(candidate.size()) + " for " +
                          std::to_string(labels.size()) + " labels");
    PairedComparison result;
    result.count = static_cast<int>(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const bool before = incumbent[i] == labels[i], after = candidate[i] == labels[i];
        result.both += before && after ? 1 : 0;
        result.won += !before && after ? 1 : 0;
        result.lost += before && !after ? 1 : 0;
    }
    return result;
}

double sign_test(int wins, int losses) {
    constexpr double most = std::numeric_limits<int>::max() / 2;
    require_in_range("wins", wins, 0, most);
    require_in_range("losses", losses, 0, most);
    const double throws = wins + losses;
    double sum = 0;
    for (int k = 0; k <= wins; ++k)
        sum += std::exp(std::lgamma(throws + 1) - std::lgamma(k + 1.0) -
                        std::lgamma(throws - k + 1) - throws * std::log(2.0));
    return std::min(1.0, sum);
}

}  // namespace ekya
