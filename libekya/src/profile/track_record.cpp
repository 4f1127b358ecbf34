#include "ekya/profile/track_record.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace ekya {
namespace {

constexpr double usual_shift =
    0.02;  // standard deviation over streams, beside what expected_change() knows
constexpr double usual_deviation = 0.08;  // of predictions whose shift is known
constexpr double usual_weight = 4;        // of that, in retrainings
constexpr double least_deviation = 0.015;
constexpr double memory = 0.9;  // what a retraining counts, one window later

double square(double x) { return x * x; }

/// Of a share of so many labels.
double binomial_variance(double share, int labels) {
    const double p = std::clamp(share, 0.05, 0.95);
    return labels > 0 ? p * (1 - p) / labels : 0.25;
}

/// Something measured in an earlier window.
struct Seen {
    double value;
    double counts;    ///< the older the less
    double variance;  ///< of the measurement, known
};

/// What is usual of streams.
struct Usual {
    double mean, spread;          ///< of a stream's mean
    double noise, noise_windows;  ///< standard deviation of a window about its stream's mean, and
                                  ///< how many windows that counts for
};

struct StreamMean {
    double mean;
    double variance;  ///< of the next window about it
};

/// A stream's mean, drawn to what is usual: the noisier its windows are, the less they say against
/// that. Noise is taken about their own mean, so that a steady difference is none. Source:
/// posterior mean under normal noise and a normal prior, the variance of the noise estimated first
/// (empirical Bayes).
StreamMean stream_mean(std::span<const Seen> seen, const Usual& usual) {
    double sum = 0, count = 0;
    for (const auto& one : seen) {
        sum += one.counts * one.value;
        count += one.counts;
    }
    double squares = usual.noise_windows * square(usual.noise), free = usual.noise_windows;
    for (const auto& one : seen) {
        const double part = 1 - one.counts / count;  // the mean has taken the rest
        squares += one.counts * (square(one.value - sum / count) - part * one.variance);
        free += one.counts * part;
    }
    const double noise = std::max(squares / free, square(least_deviation));
    double weight = 1 / square(usual.spread), weighted = usual.mean * weight;
    for (const auto& one : seen) {
        weight += one.counts / (noise + one.variance);
        weighted += one.counts / (noise + one.variance) * one.value;
    }
    // What the mean was not drawn to is still to be expected.
    const double mean = weighted / weight;
    double about = usual.noise_windows * square(usual.noise);
    for (const auto& one : seen) about += one.counts * (square(one.value - mean) - one.variance);
    return {mean, std::max(noise, about / (usual.noise_windows + count)) + 1 / weight};
}

constexpr int tried_again_after = 20;  // windows

/// By what costs that were estimated in a window are to be multiplied, as trainings in it and since
/// then have shown.
double cost_correction(TrainedLayers layers, const ProfileRecord& since,
                       std::span<const ProfileRecord> estimates, std::span<const ModelCard> cards,
                       double start_seconds) {
    constexpr double most = 4;  // a machine that stood still for a while says little
    double logarithms = 0, count = 0;
    for (const auto& card : cards) {
        if (card.window < since.window || card.config.layers != layers || card.device_seconds <= 0)
            continue;
        const auto planned = std::find_if(estimates.begin(), estimates.end(),
                                          [&](const auto& e) { return e.window == card.window; });
        const auto* entry =
            planned == estimates.end() ? nullptr : find_retraining(*planned, card.config);
        if (entry == nullptr) continue;
        const double part = card.epochs_run
                                ? static_cast<double>(*card.epochs_run) / card.config.epochs
                                : 1;  // of one that was ended early
        if (part <= 0) continue;
        const double taken = card.device_seconds / part + start_seconds,
                     expected = entry->device_seconds;
        logarithms += std::log(std::clamp(taken / expected, 1 / most, most));
        ++count;
    }
    return std::exp(logarithms / (count + 1));
}

}  // namespace

std::vector<PastRetraining> past_retrainings(std::span<const ProfileRecord> estimates,
                                             std::span<const ModelCard> cards, int before) {
    std::vector<PastRetraining> past;
    for (std::size_t i = 0; i + 1 < estimates.size(); ++i) {
        const auto& planned = estimates[i];
        const auto& outcome = estimates[i + 1];
        if (outcome.window != planned.window + 1 || outcome.window > before ||
            outcome.model.empty() || outcome.labels == 0)
            continue;
        const auto card = std::find_if(cards.begin(), cards.end(),
                                       [&](const auto& c) { return c.id == outcome.model; });
        if (card == cards.end() || card->window != planned.window)
            continue;  // not retrained in that window
        const auto* entry = find_retraining(planned, card->config);
        if (entry == nullptr) continue;
        past.push_back({planned.window, card->config, entry->accuracy - planned.correction,
                        outcome.accuracy_on_labels(), outcome.parent_accuracy, outcome.labels});
    }
    return past;
}

std::vector<RememberedCost> remembered_costs(std::span<const RetrainingConfig> configs,
                                             std::span<const ProfileRecord> estimates,
                                             std::span<const ModelCard> cards, int window,
                                             int samples, double start_seconds) {
    std::vector<RememberedCost> costs;
    for (const auto& config : configs) {
        const ProfileRecord* newest = nullptr;
        int tried = std::numeric_limits<int>::min() / 2;
        for (const auto& estimate : estimates) {
            const auto* entry = find_retraining(estimate, config);
            if (entry == nullptr) continue;
            newest = &estimate;
            if (entry->tried) tried = estimate.window;
        }
        if (newest == nullptr) continue;
        const auto& entry = *find_retraining(*newest, config);
        const double start = std::min(start_seconds, entry.device_seconds);
        const double grown =
            newest->samples > 0 ? static_cast<double>(samples) / newest->samples : 1;
        const double seconds =
            (start + (entry.device_seconds - start) * grown) *
            cost_correction(config.layers, *newest, estimates, cards, start_seconds);
        costs.push_back({config, seconds, window - tried > tried_again_after});
    }
    return costs;
}

double ExpectedChange::at(double accuracy) const {
    constexpr double comes_back =
        0.8;  // of what lies above or below its level a stream loses this part in a window
    return drift + comes_back * (level - accuracy);
}

ExpectedChange expected_change(std::span<const ProfileRecord> estimates,
                               std::span<const ModelCard> cards) {
    constexpr double usual = -0.01,
                     spread = 0.015;  // of drifts, mean and standard deviation over streams
    constexpr double
        usual_noise = 0.06,
        noise_windows =
            4;  // of a single window's change, standard deviation, and what that counts for
    constexpr double most = 0.2;  // a sudden change says nothing of the next
    constexpr double usual_level = 0.83, level_windows = 8;
    double levels = usual_level * level_windows, windows = level_windows;
    for (const auto& estimate : estimates) {
        if (estimate.labels == 0) continue;
        levels = memory * levels +
                 estimate.accuracy_on_labels();  // what is usual is forgotten like the rest
        windows = memory * windows + 1;
    }
    const ExpectedChange returning{0, levels / windows};
    std::vector<Seen> seen;
    for (std::size_t i = 0; i + 1 < estimates.size(); ++i) {
        const auto& before = estimates[i];
        const auto& after = estimates[i + 1];
        if (after.window != before.window + 1 || before.labels == 0 || after.labels == 0 ||
            before.model.empty())
            continue;
        std::optional<double> later;
        const auto card = std::find_if(cards.begin(), cards.end(),
                                       [&](const auto& c) { return c.id == after.model; });
        if (after.model == before.model)
            later = after.accuracy_on_labels();
        else if (card != cards.end() && card->parent == before.model)
            later = after.parent_accuracy;
        if (!later) continue;
        const double counts = std::pow(memory, estimates.back().window - after.window),
                     was = before.accuracy_on_labels();
        seen.push_back({std::clamp(*later - was - returning.at(was), -most, most), counts, 0});
    }
    return {stream_mean(seen, {usual, spread, usual_noise, noise_windows}).mean, returning.level};
}

namespace {

/// What is thought of the gains of head, last stage and all layers: normal, jointly.
class Gains {
public:
    explicit Gains(const Experience& usual) : mean_{usual.head, usual.last_stage, usual.all} {
        constexpr double common = 0.5, single = 0.03;  // spread over streams: of all gains alike,
                                                       // in parts of them; of each besides
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j < count; ++j)
                covariance_[i][j] =
                    square(common) * mean_[i] * mean_[j] + (i == j ? square(single) : 0);
    }

    /// Something seen that should be `factor` times the gain. Source: Kalman's update with one
    /// measurement.
    void learn(TrainedLayers layers, double factor, double seen, double variance) {
        const auto of = static_cast<std::size_t>(layers);
        const auto with = covariance_[of];
        const double total = factor * factor * with[of] + variance,
                     missed = seen - factor * mean_[of];
        for (std::size_t i = 0; i < count; ++i) {
            mean_[i] += factor * with[i] / total * missed;
            for (std::size_t j = 0; j < count; ++j)
                covariance_[i][j] -= square(factor) * with[i] * with[j] / total;
        }
    }

    [[nodiscard]] double of(TrainedLayers layers) const {
        return std::clamp(mean_[static_cast<std::size_t>(layers)], 0.0, 0.9);
    }

private:
    static constexpr std::size_t count = 3;  // TrainedLayers
    std::array<double, count> mean_;
    std::array<std::array<double, count>, count> covariance_{};
};

}  // namespace

Experience experience_from(std::span<const PastRetraining> own,
                           std::span<const PastRetraining> others, const Experience& usual) {
    constexpr double others_weight = 0.2;
    Experience experience = usual;
    Gains gains(usual);
    const auto learn_from = [&](std::span<const PastRetraining> past, double weight) {
        for (const auto& one : past) {
            if (!one.parent || *one.parent > 0.95) continue;
            const double error = 1 - *one.parent,
                         factor = usual.gain(one.config) / usual.gain(one.config.layers);
            const double removed = std::clamp((one.measured - *one.parent) / error, -1.0, 1.0);
            gains.learn(one.config.layers, factor, removed,
                        (usual.variance(one.config) +
                         binomial_variance(*one.parent, one.labels) / square(error)) /
                            weight);
        }
    };
    learn_from(own, 1);
    learn_from(others, others_weight);
    experience.head = gains.of(TrainedLayers::head);
    experience.last_stage = gains.of(TrainedLayers::last_stage);
    experience.all = gains.of(TrainedLayers::all);
    return experience;
}

TrackRecord track_record(std::span<const PastRetraining> past) {
    std::vector<Seen> misses;
    for (const auto& one : past)
        misses.push_back({one.measured - one.predicted,
                          std::pow(memory, past.back().window - one.window),
                          binomial_variance(one.measured, one.labels)});
    const auto miss = stream_mean(misses, {0, usual_shift, usual_deviation, usual_weight});
    return {miss.mean, std::sqrt(miss.variance)};
}

}  // namespace ekya
