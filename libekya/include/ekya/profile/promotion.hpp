#pragma once
#include "ekya/core/model_card.hpp"
#include "ekya/profile/paired_comparison.hpp"

namespace ekya {

/// When a retrained model is kept from serving.
struct PromotionRule {
    double worse_probability = 0.1;  ///< it lost so many crops that an equal model does so with at
                                     ///< most this probability; in (0, 0.5]
    double most_forgetting = 0.1;  ///< accuracy it may lose on crops of earlier windows; in [0, 1]
    bool always = false;           ///< it never is
    int least_labels = 5;          ///< held-out labels without which nothing is known; >= 1
};

/// Whether a retrained model replaces the serving one. Both answered the same crops, which neither
/// was trained on. It is refused if on the fresh ones it is worse with sign_test() <=
/// worse_probability, or if on those of earlier windows its accuracy fell by more than
/// most_forgetting and the fall passes the same test. With fewer crops to compare on than
/// least_labels, what serves goes on serving. With 20 to 100 labels a stricter rule would turn away
/// good models: of 20 crops a change of one is 5 points.
/// @throws DomainError for a rule out of range
[[nodiscard]] Promotion judge_promotion(const PairedComparison& fresh,
                                        const PairedComparison& earlier,
                                        const PromotionRule& rule = {});

}  // namespace ekya
