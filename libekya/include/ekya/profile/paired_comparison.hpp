#pragma once
#include <optional>
#include <span>
#include <string>

#include "ekya/core/grade.hpp"

namespace ekya {

/// How two models answered the same labelled samples. What both get right, or both wrong, says
/// nothing of which is better; with few labels that leaves far less noise than two accuracies
/// measured apart.
struct PairedComparison {
    int count = 0;  ///< labels
    int both = 0;   ///< samples that both answer alike, rightly where an answer is right or wrong
    int won = 0;    ///< samples that the candidate answers better
    int lost = 0;   ///< that the incumbent does
    /// Where answers are more than right or wrong: both scores, and the deviation of what one is
    /// above the other.
    struct Graded {
        double incumbent = 0, candidate = 0, deviation = 0;
        friend bool operator==(const Graded&, const Graded&) = default;
    };
    std::optional<Graded> graded = {};

    [[nodiscard]] double incumbent_accuracy() const;
    [[nodiscard]] double candidate_accuracy() const;
    /// Accuracy lost by taking the candidate; negative = gained.
    [[nodiscard]] double fall() const;
    /// Probability that a model as good as the incumbent would do as badly as the candidate, or
    /// worse.
    [[nodiscard]] double chance_of_loss() const;
    /// That it would do as well, or better.
    [[nodiscard]] double chance_of_gain() const;
    /// "won 3, lost 1 of 20"
    [[nodiscard]] std::string text() const;
    friend bool operator==(const PairedComparison&, const PairedComparison&) = default;
};

/// Of answers that are right or wrong a sign test decides between two models; else the difference
/// of their scores, whose variance is the larger one of a bootstrap over samples and of what their
/// parts would give if they had nothing to do with each other.
/// @throws DomainError if the two differ in length
[[nodiscard]] PairedComparison compare(std::span<const Grade> incumbent,
                                       std::span<const Grade> candidate);

/// Probability of at most `wins` heads among wins + losses throws of a fair coin: small = whoever
/// has those wins is worse. 1 without a throw. @throws DomainError for a negative number Source:
/// the sign test, which on right and wrong answers is McNemar's exact test, one-sided.
[[nodiscard]] double sign_test(int wins, int losses);

}  // namespace ekya
