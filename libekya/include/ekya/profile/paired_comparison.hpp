#pragma once
#include <span>

namespace ekya {

/// How two models answered the same labelled crops. Crops that both get right, or both wrong, say
/// nothing of which is better; with few labels that leaves far less noise than two accuracies
/// measured apart.
struct PairedComparison {
    int count = 0;  ///< crops; >= won + lost
    int both = 0;   ///< answered rightly by both
    int won = 0;    ///< by the candidate alone
    int lost = 0;   ///< by the incumbent alone

    [[nodiscard]] double incumbent_accuracy() const {
        return count > 0 ? static_cast<double>(both + lost) / count : 0;
    }
    [[nodiscard]] double candidate_accuracy() const {
        return count > 0 ? static_cast<double>(both + won) / count : 0;
    }
    /// Accuracy lost by taking the candidate; negative = gained.
    [[nodiscard]] double fall() const {
        return count > 0 ? static_cast<double>(lost - won) / count : 0;
    }
    friend bool operator==(const PairedComparison&, const PairedComparison&) = default;
};

/// @throws DomainError if the three differ in length
[[nodiscard]] PairedComparison compare_answers(std::span<const int> labels,
                                               std::span<const int> incumbent,
                                               std::span<const int> candidate);

/// Probability of at most `wins` heads among wins + losses throws of a fair coin: small = whoever
/// has those wins is worse. 1 without a throw. @throws DomainError for a negative number Source:
/// the sign test, which on right and wrong answers is McNemar's exact test, one-sided.
[[nodiscard]] double sign_test(int wins, int losses);

}  // namespace ekya
