#include "ekya/profile/promotion.hpp"

#include <cstdio>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

bool is_worse(const PairedComparison& c, const PromotionRule& rule) {
    return c.fall() > 0 && c.chance_of_loss() <= rule.worse_probability;
}

}  // namespace

Promotion judge_promotion(const PairedComparison& fresh, const PairedComparison& earlier,
                          const PromotionRule& rule) {
    require_in_range("worse_probability", rule.worse_probability,
                     std::numeric_limits<double>::min(), 0.5);
    require_in_range("most_forgetting", rule.most_forgetting, 0, 1);
    require_in_range("least_labels", rule.least_labels, 1, 1e9);
    Promotion result;
    result.held_out = fresh.count;
    result.won = fresh.won;
    result.lost = fresh.lost;
    result.exemplars = earlier.count;
    if (earlier.count > 0) {
        result.exemplar_accuracy_before = earlier.incumbent_accuracy();
        result.exemplar_accuracy_after = earlier.candidate_accuracy();
    }
    if (rule.always) {
        result.promoted = true;
        result.reason = "every model is promoted: " + fresh.text();
    } else if (const int labels = fresh.count + earlier.count; labels < rule.least_labels) {
        result.reason = "only " + std::to_string(labels) + " held-out labels to compare on, " +
                        std::to_string(rule.least_labels) + " are needed";
    } else if (is_worse(fresh, rule)) {
        result.reason = "worse on fresh labels: " + fresh.text() + ", probability " +
                        number(fresh.chance_of_loss()) + " if equal";
    } else if (earlier.fall() > rule.most_forgetting && is_worse(earlier, rule)) {
        result.reason = "forgets earlier windows: " + earlier.text() + ", a fall of " +
                        number(100 * earlier.fall()) + " points";
    } else {
        result.promoted = true;
        result.reason = fresh.count > 0 ? "not worse on fresh labels: " + fresh.text()
                                        : "not worse on earlier windows: " + earlier.text();
    }
    return result;
}

}  // namespace ekya
