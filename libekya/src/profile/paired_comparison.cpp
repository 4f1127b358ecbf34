#include "ekya/profile/paired_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "bootstrap.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/profile/score.hpp"

namespace ekya {
namespace {

double quotient(const Grade& grade) {
    return grade.possible > 0 ? grade.earned / grade.possible : 1;
}

/// Of a normal distribution of mean 0.
double upper_tail(double value, double deviation) {
    if (deviation <= 0) return value > 0 ? 0 : 1;
    return std::erfc(value / deviation / std::sqrt(2.0)) / 2;
}

double difference_variance(std::span<const Grade> incumbent, std::span<const Grade> candidate) {
    double possible = 0, differences = 0;
    for (std::size_t i = 0; i < incumbent.size(); ++i) {
        possible += (incumbent[i].possible + candidate[i].possible) / 2;
        // Matches earn 2 each: one that is lost or won alone moves the score by 2 / possible.
        differences += 2 * std::abs(incumbent[i].earned - candidate[i].earned) +
                       std::abs(incumbent[i].possible - candidate[i].possible);
    }
    if (possible <= 0) return 0;
    const auto difference = [&](const std::vector<std::size_t>& drawn) {
        double earned[2] = {0, 0}, all[2] = {0, 0};
        for (const auto i : drawn) {
            earned[0] += incumbent[i].earned;
            all[0] += incumbent[i].possible;
            earned[1] += candidate[i].earned;
            all[1] += candidate[i].possible;
        }
        return (all[1] > 0 ? earned[1] / all[1] : 1) - (all[0] > 0 ? earned[0] / all[0] : 1);
    };
    return std::max(differences / (possible * possible),
                    bootstrap_variance(incumbent.size(), difference));
}

}  // namespace

double PairedComparison::incumbent_accuracy() const {
    if (graded) return graded->incumbent;
    return count > 0 ? static_cast<double>(both + lost) / count : 0;
}

double PairedComparison::candidate_accuracy() const {
    if (graded) return graded->candidate;
    return count > 0 ? static_cast<double>(both + won) / count : 0;
}

double PairedComparison::fall() const {
    if (graded) return graded->incumbent - graded->candidate;
    return count > 0 ? static_cast<double>(lost - won) / count : 0;
}

double PairedComparison::chance_of_loss() const {
    return graded ? upper_tail(fall(), graded->deviation) : sign_test(won, lost);
}

double PairedComparison::chance_of_gain() const {
    return graded ? upper_tail(-fall(), graded->deviation) : sign_test(lost, won);
}

std::string PairedComparison::text() const {
    if (!graded)
        return "won " + std::to_string(won) + ", lost " + std::to_string(lost) + " of " +
               std::to_string(count);
    char scores[64];
    std::snprintf(scores, sizeof scores, "%.3f against %.3f on ", graded->candidate,
                  graded->incumbent);
    return scores + std::to_string(count) + " labels";
}

PairedComparison compare(std::span<const Grade> incumbent, std::span<const Grade> candidate) {
    if (incumbent.size() != candidate.size())
        throw DomainError("answers: " + std::to_string(incumbent.size()) + " and " +
                          std::to_string(candidate.size()) + " for the same samples");
    PairedComparison result;
    const bool graded = !is_right_or_wrong(incumbent) || !is_right_or_wrong(candidate);
    for (std::size_t i = 0; i < incumbent.size(); ++i) {
        const double before = quotient(incumbent[i]), after = quotient(candidate[i]);
        result.count += incumbent[i].labels;
        result.both += before == after && (graded || before > 0) ? 1 : 0;
        result.won += after > before ? 1 : 0;
        result.lost += after < before ? 1 : 0;
    }
    if (graded)
        result.graded = {score_of(incumbent), score_of(candidate),
                         std::sqrt(difference_variance(incumbent, candidate))};
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
