#include "ekya/profile/track_record.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace ekya {
namespace {

constexpr double usual_shift = 0.05;       // standard deviation over streams
constexpr double usual_deviation = 0.06;   // of predictions whose shift is known
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
        past.push_back({planned.window, card->config, entry->accuracy - planned.correction, outcome.accuracy, outcome.parent_accuracy, outcome.labels});
    }
    return past;
}

Experience experience_from(std::span<const PastRetraining> own, std::span<const PastRetraining> others) {
    constexpr double usual_weight = 150, others_weight = 0.2;   // in labels
    const Experience usual;
    std::map<TrainedLayers, double> weights, gains;
    const auto add = [&](std::span<const PastRetraining> past, double each) {
        for (const auto& one : past) {
            const double expected = usual.gain(one.config) / usual.gain(one.config.layers);
            if (!one.parent || *one.parent > 0.95) continue;
            const double removed = std::clamp((one.measured - *one.parent) / (1 - *one.parent), -1.0, 1.0);
            weights[one.config.layers] += each * one.labels * expected * expected;
            gains[one.config.layers] += each * one.labels * expected * removed;
        }
    };
    add(own, 1);
    add(others, others_weight);
    const auto learned = [&](TrainedLayers layers) {
        return std::clamp((usual_weight * usual.gain(layers) + gains[layers]) / (usual_weight + weights[layers]), 0.0, 0.9);
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
