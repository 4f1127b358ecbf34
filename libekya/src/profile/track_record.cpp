#include "ekya/profile/track_record.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace ekya {
namespace {

constexpr double usual_shift = 0.03;       // standard deviation over streams
constexpr double usual_deviation = 0.08;   // of predictions whose shift is known
constexpr double usual_weight = 4;         // of that, in retrainings
constexpr double least_deviation = 0.015;
constexpr double memory = 0.9;             // what a retraining counts, one window later

double square(double x) { return x * x; }

/// Of a share of so many labels.
double binomial_variance(double share, int labels) {
    const double p = std::clamp(share, 0.05, 0.95);
    return labels > 0 ? p * (1 - p) / labels : 0.25;
}

}  // namespace

std::vector<PastRetraining> past_retrainings(std::span<const StreamEstimate> estimates, std::span<const ModelCard> cards, int before) {
    std::vector<PastRetraining> past;
    for (std::size_t i = 0; i + 1 < estimates.size(); ++i) {
        const auto& planned = estimates[i];
        const auto& outcome = estimates[i + 1];
        if (outcome.window != planned.window + 1 || outcome.window > before || outcome.model.empty() || outcome.labels == 0) continue;
        const auto card = std::find_if(cards.begin(), cards.end(), [&](const auto& c) { return c.id == outcome.model; });
        if (card == cards.end() || card->window != planned.window) continue;   // not retrained in that window
        const auto* entry = find_retraining(planned, card->config);
        if (entry == nullptr) continue;
        past.push_back({planned.window, card->config, entry->accuracy - planned.correction, outcome.accuracy_on_labels(), outcome.parent_accuracy, outcome.labels});
    }
    return past;
}

double ExpectedChange::at(double accuracy) const {
    constexpr double comes_back = 0.3;   // of what lies above or below its level a stream loses this part in a window
    return drift + comes_back * (level - accuracy);
}

ExpectedChange expected_change(std::span<const StreamEstimate> estimates, std::span<const ModelCard> cards) {
    constexpr double usual = -0.03, spread = 0.02;           // of drifts, mean and standard deviation over streams
    constexpr double usual_noise = 0.06, noise_windows = 4;   // of a single window's change, standard deviation, and what that counts for
    constexpr double most = 0.2;                              // a sudden change says nothing of the next
    constexpr double usual_level = 0.8, level_windows = 4;
    double levels = usual_level * level_windows, windows = level_windows;
    for (const auto& estimate : estimates) {
        if (estimate.labels == 0) continue;
        levels += estimate.accuracy_on_labels();
        ++windows;
    }
    const ExpectedChange returning{0, levels / windows};
    std::vector<std::pair<double, double>> seen;   // what a change counts, and the change
    for (std::size_t i = 0; i + 1 < estimates.size(); ++i) {
        const auto& before = estimates[i];
        const auto& after = estimates[i + 1];
        if (after.window != before.window + 1 || before.labels == 0 || after.labels == 0 || before.model.empty()) continue;
        std::optional<double> later;
        const auto card = std::find_if(cards.begin(), cards.end(), [&](const auto& c) { return c.id == after.model; });
        if (after.model == before.model) later = after.accuracy_on_labels();
        else if (card != cards.end() && card->parent == before.model) later = after.parent_accuracy;
        if (!later) continue;
        const double counts = std::pow(memory, estimates.back().window - after.window), was = before.accuracy_on_labels();
        seen.emplace_back(counts, std::clamp(*later - was - returning.at(was), -most, most));
    }
    // The noisier single windows are, the less they say against what is usual.
    double drift = usual;
    for (int round = 0; round < 10; ++round) {
        double squares = noise_windows * square(usual_noise), windows_seen = noise_windows;
        for (const auto& [counts, change] : seen) {
            squares += counts * square(change - drift);
            windows_seen += counts;
        }
        double count = squares / windows_seen / square(spread), sum = usual * count;
        for (const auto& [counts, change] : seen) {
            sum += counts * change;
            count += counts;
        }
        drift = sum / count;
    }
    return {drift, returning.level};
}

Experience experience_from(std::span<const PastRetraining> own, std::span<const PastRetraining> others) {
    constexpr double gain_spread = 0.1, others_weight = 0.2;   // of gains over streams, standard deviation
    const Experience usual;
    std::map<TrainedLayers, double> precisions, weighted;
    const auto add = [&](std::span<const PastRetraining> past, double each) {
        for (const auto& one : past) {
            if (!one.parent || *one.parent > 0.95) continue;
            const double error = 1 - *one.parent, expected = usual.gain(one.config) / usual.gain(one.config.layers);
            const double removed = std::clamp((one.measured - *one.parent) / error, -1.0, 1.0);
            const double variance = usual.variance(one.config) + binomial_variance(*one.parent, one.labels) / square(error);
            precisions[one.config.layers] += each * square(expected) / variance;
            weighted[one.config.layers] += each * expected * removed / variance;
        }
    };
    add(own, 1);
    add(others, others_weight);
    const auto learned = [&](TrainedLayers layers) {
        const double prior = 1 / square(gain_spread);
        return std::clamp((prior * usual.gain(layers) + weighted[layers]) / (prior + precisions[layers]), 0.0, 0.9);
    };
    Experience experience = usual;
    experience.head = learned(TrainedLayers::head);
    experience.last_stage = learned(TrainedLayers::last_stage);
    experience.all = learned(TrainedLayers::all);
    return experience;
}

TrackRecord track_record(std::span<const PastRetraining> past) {
    TrackRecord record{0, std::hypot(usual_deviation, usual_shift)};
    if (past.empty()) return record;
    const int latest = past.back().window;
    double variance = square(usual_deviation);
    for (int round = 0; round < 10; ++round) {
        double weight = 1 / square(usual_shift), weighted = 0;
        for (const auto& one : past) {
            const double w = std::pow(memory, latest - one.window) / (variance + binomial_variance(one.measured, one.labels));
            weight += w;
            weighted += w * (one.measured - one.predicted);
        }
        record.shift = weighted / weight;
        double sum = usual_weight * square(usual_deviation), count = usual_weight;
        for (const auto& one : past) {
            const double counts = std::pow(memory, latest - one.window);
            sum += counts * (square(one.measured - one.predicted - record.shift) - binomial_variance(one.measured, one.labels));
            count += counts;
        }
        variance = std::max(sum / count, square(least_deviation));
        record.deviation = std::sqrt(variance + 1 / weight);
    }
    return record;
}

}  // namespace ekya
