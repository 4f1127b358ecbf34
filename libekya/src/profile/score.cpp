#include "ekya/profile/score.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bootstrap.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

double score_of(std::span<const Grade> grades, std::span<const double> weights) {
    if (!weights.empty() && weights.size() != grades.size())
        throw DomainError("answers: " + std::to_string(grades.size()) + " for " +
                          std::to_string(weights.size()) + " samples");
    double earned = 0, possible = 0;
    for (std::size_t i = 0; i < grades.size(); ++i) {
        const double weight = weights.empty() ? 1 : weights[i];
        earned += weight * grades[i].earned;
        possible += weight * grades[i].possible;
    }
    // Frames that hold nothing, in which nothing was answered, are right.
    return possible > 0 ? earned / possible : grades.empty() ? 0 : 1;
}

bool is_right_or_wrong(std::span<const Grade> grades) {
    return std::all_of(grades.begin(), grades.end(), [](const Grade& grade) {
        return grade.possible == 1 && (grade.earned == 0 || grade.earned == 1);
    });
}

double measured_labels(std::span<const Grade> grades, std::span<const double> weights) {
    double sum = 0, squares = 0, possible = 0;
    for (std::size_t i = 0; i < grades.size(); ++i) {
        const double weight = weights.empty() ? 1 : weights[i];
        sum += weight;
        squares += weight * weight;
        possible += weight * grades[i].possible;
    }
    if (squares <= 0) return 0;
    const double samples = sum * sum / squares;
    if (is_right_or_wrong(grades)) return samples;
    if (possible <= 0) return 0;
    // Of samples that are all answered alike a bootstrap sees no variance.
    const double parts = possible / sum * samples;
    const double score = std::clamp(score_of(grades, weights), 0.02, 0.98);
    const double alone = score * (1 - score) / parts;
    const double variance = std::max(
        alone, bootstrap_variance(grades.size(), [&](const std::vector<std::size_t>& drawn) {
            double earned = 0, all = 0;
            for (const auto i : drawn) {
                const double weight = weights.empty() ? 1 : weights[i];
                earned += weight * grades[i].earned;
                all += weight * grades[i].possible;
            }
            return all > 0 ? earned / all : score;
        }));
    return score * (1 - score) / variance;
}

}  // namespace ekya
