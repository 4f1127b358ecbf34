#include "ekya/profile/drift.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

double share_of(const ClassShares& shares, const std::string& name) {
    const auto found = shares.find(name);
    if (found == shares.end()) return 0;
    require_in_range(("share of class " + name).c_str(), found->second, 0, 1);
    return found->second;
}

double smoothed(double accuracy, int labels) { return (accuracy * labels + 1) / (labels + 2); }

double variance_of(double accuracy, int labels) {
    const double p = smoothed(accuracy, labels);
    return p * (1 - p) / (labels + 2);
}

}  // namespace

ClassShares class_shares(std::span<const std::string> labels) {
    ClassShares shares;
    for (const auto& label : labels) shares[label] += 1;
    for (auto& [name, share] : shares) share /= static_cast<double>(labels.size());
    return shares;
}

double total_variation(const ClassShares& a, const ClassShares& b) {
    double sum = 0;
    for (const auto& [name, share] : a) sum += std::abs(share_of(a, name) - share_of(b, name));
    for (const auto& [name, share] : b)
        if (!a.contains(name)) sum += share_of(b, name);
    return std::min(1.0, sum / 2);
}

double chance_variation(const ClassShares& shares, int count_a, int count_b) {
    if (count_a < 1 || count_b < 1) return 0;
    double sum = 0;
    for (const auto& [name, share] : shares)
        sum +=
            std::sqrt(2 / std::numbers::pi * share * (1 - share) * (1.0 / count_a + 1.0 / count_b));
    return std::min(1.0, sum / 2);
}

FeatureSummary summarise(std::span<const float> rows, std::size_t columns) {
    FeatureSummary summary;
    if (rows.empty()) return summary;
    if (columns == 0 || rows.size() % columns != 0)
        throw DomainError("features: " + std::to_string(rows.size()) + " numbers are no rows of " +
                          std::to_string(columns));
    const std::size_t count = rows.size() / columns;
    summary.count = static_cast<int>(count);
    summary.mean.assign(columns, 0);
    summary.variance.assign(columns, 0);
    for (std::size_t i = 0; i < rows.size(); ++i)
        summary.mean[i % columns] += rows[i] / static_cast<double>(count);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const double off = rows[i] - summary.mean[i % columns];
        summary.variance[i % columns] += off * off / static_cast<double>(count);
    }
    return summary;
}

double frechet_distance(const FeatureSummary& a, const FeatureSummary& b) {
    if (a.mean.size() != b.mean.size() || a.mean.empty())
        throw DomainError("features: " + std::to_string(a.mean.size()) + " and " +
                          std::to_string(b.mean.size()) + " do not compare");
    double distance = 0, unit = 0;
    for (std::size_t i = 0; i < a.mean.size(); ++i) {
        const double mean = a.mean[i] - b.mean[i],
                     deviation = std::sqrt(a.variance[i]) - std::sqrt(b.variance[i]);
        distance += mean * mean + deviation * deviation;
        unit += a.variance[i];
    }
    return distance / std::max(unit, 1e-12);
}

Drift judge_drift(const DriftObservation& o, const DriftRule& rule) {
    require_in_range("accuracy_then", o.accuracy_then, 0, 1);
    require_in_range("accuracy_now", o.accuracy_now, 0, 1);
    require_in_range("least_fall", rule.least_fall, 0, 1);
    require_in_range("probability", rule.probability, 0.5, 1 - 1e-12);
    Drift drift;
    if (o.labels_then < 1 || o.labels_now < 1) return drift;
    drift.accuracy_fall = o.accuracy_then - o.accuracy_now;
    const double deviation = std::sqrt(variance_of(o.accuracy_then, o.labels_then) +
                                       variance_of(o.accuracy_now, o.labels_now));
    const double fall =
        smoothed(o.accuracy_then, o.labels_then) - smoothed(o.accuracy_now, o.labels_now);
    drift.fall_probability = 0.5 * std::erfc(-fall / deviation / std::numbers::sqrt2);
    drift.drifted =
        *drift.accuracy_fall >= rule.least_fall && *drift.fall_probability >= rule.probability;
    return drift;
}

double gain_after_drift(double usual, double accuracy, const Drift& drift) {
    require_in_range("usual gain", usual, 0, 1);
    require_in_range("accuracy", accuracy, 0, 1);
    if (!drift.drifted || !drift.accuracy_fall || accuracy >= 1) return usual;
    constexpr double way = 0.125;
    const double brought = std::clamp(*drift.accuracy_fall / (1 - accuracy), 0.0, 1.0);
    return std::max(usual, usual + way * (brought - usual));
}

}  // namespace ekya
