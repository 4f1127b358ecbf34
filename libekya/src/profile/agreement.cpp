#include "ekya/profile/agreement.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/profile/score.hpp"

namespace ekya {
namespace {

constexpr double deviations = 1.96;  // of a normal distribution that hold 95 %

std::string percent(double share) { return std::to_string(std::lround(100 * share)); }

/// Wilson's interval of a share p of n labels; n > 0.
Agreement with_interval(const std::string& model, double p, double n) {
    constexpr double z = deviations;
    const double centre = p + z * z / (2 * n);
    const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    Agreement result;
    result.model = model;
    result.labels = static_cast<int>(std::lround(n));
    result.share = p;
    result.low = std::max((centre - half) / (1 + z * z / n), 0.0);
    result.high = std::min((centre + half) / (1 + z * z / n), 1.0);
    return result;
}

}  // namespace

Agreement agreement_of(const std::string& model, std::span<const Grade> grades,
                       std::span<const double> weights) {
    const double share = score_of(grades, weights);
    const double labels = grades.empty() ? 0 : measured_labels(grades, weights);
    return labels > 0 ? with_interval(model, share, labels) : Agreement{model};
}

std::optional<Agreement> over_windows(const std::vector<Agreement>& windows) {
    double labels = 0, alike = 0;
    for (const auto& window : windows) {
        labels += window.labels;
        alike += window.labels * window.share;
    }
    if (labels <= 0) return std::nullopt;
    return with_interval(windows.back().model, std::min(alike / labels, 1.0), labels);
}

std::string percent_text(const Agreement& a) {
    if (a.labels == 0) return "-";
    return percent(a.share) + " (" + percent(a.low) + "-" + percent(a.high) + ", n " +
           std::to_string(a.labels) + ")";
}

std::string to_text(const Agreement& a) {
    if (a.labels == 0) return "no label to agree with";
    return "agrees " + percent(a.share) + " % (" + percent(a.low) + "-" + percent(a.high) + ", n " +
           std::to_string(a.labels) + ")";
}

}  // namespace ekya
