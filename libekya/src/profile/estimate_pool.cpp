#include "ekya/profile/estimate_pool.hpp"

#include <algorithm>
#include <cmath>

#include "symmetric_matrix.hpp"

namespace ekya {
namespace {

// Priors, wide enough for any streams: results hardly depend on them once there are a few dozen
// estimates.
constexpr double mean_strength = 0.7;  // strengths are relative: only their ratios matter
constexpr double common_spread = 0.2;  // of all strengths together
constexpr double cost_spread = 0.3;    // of strengths that differ in cost ...
constexpr double cost_scale = 1.5;     // ... by so many powers of e
constexpr double own_spread = 0.15;    // of one strength alone
constexpr double gain_spread = 0.2;    // of the streams' gains
constexpr double peculiarity = 0.07;   // of a stream's own deviation, in parts of its gain
constexpr double least_peculiarity = 0.006;
constexpr double first_noise = 0.05;
constexpr double least_variance = 1e-8;
constexpr double memory = 0.98;  // what a window counts when the next one comes
constexpr int rounds = 40;
constexpr std::size_t most_configs = 128;  // the fit's time grows with their cube: about 20 ms
constexpr double close_enough = 1e-7;

double square(double x) { return x * x; }

/// One stream's estimates.
struct Row {
    std::vector<std::size_t> configs;  ///< indices of the configurations
    std::vector<double> gains;
    double gain = 0, variance = 0.001;  ///< of the stream, as fitted

    /// Variance of what is the stream's own in its estimates.
    [[nodiscard]] double own_variance() const {
        return square(least_peculiarity) + square(peculiarity * gain);
    }
};

}  // namespace

/// The factors of one window, with what earlier windows have taught as prior.
struct EstimatePool::Fit {
    std::vector<Known*> known;
    std::vector<Row> rows;
    std::vector<double> strength;
    SymmetricMatrix covariance;  ///< of the strengths
    SymmetricMatrix prior_precision;
    std::vector<double> window_weight, window_weighted;
    double noise = square(first_noise), noise_sum = 0, noise_weight = 0;

    void start() {
        SymmetricMatrix prior(known.size());
        for (std::size_t a = 0; a < known.size(); ++a)
            for (std::size_t b = 0; b <= a; ++b)
                prior.at(a, b) =
                    square(common_spread) + (a == b ? square(own_spread) : 0) +
                    square(cost_spread) *
                        std::exp(-0.5 *
                                 square((known[a]->log_cost - known[b]->log_cost) / cost_scale));
        prior_precision = prior.inverse();
        window_weight.assign(known.size(), 0);
        window_weighted.assign(known.size(), 0);
        update_strengths();
        for (auto& row : rows) {
            double along = 0, length = 0;
            for (std::size_t i = 0; i < row.configs.size(); ++i) {
                along += row.gains[i] * strength[row.configs[i]];
                length += square(strength[row.configs[i]]);
            }
            row.gain = length > 0 ? along / length : 0;
        }
    }

    void update_strengths() {
        SymmetricMatrix precision = prior_precision;
        std::vector<double> information(known.size(), 0);
        for (std::size_t a = 0; a < known.size(); ++a) {
            for (std::size_t b = 0; b < known.size(); ++b)
                information[a] += prior_precision.at(a, b) * mean_strength;
            information[a] += known[a]->weighted_strength + window_weighted[a];
            precision.at(a, a) += known[a]->weight + window_weight[a];
        }
        covariance = precision.inverse();
        strength = covariance.times(information);
    }

    void update_gains() {
        for (auto& row : rows) {
            const double variance = noise + row.own_variance();
            double along = 0, length = 0;
            for (std::size_t i = 0; i < row.configs.size(); ++i) {
                const std::size_t c = row.configs[i];
                along += row.gains[i] * strength[c];
                length += square(strength[c]) + covariance.at(c, c);
            }
            row.variance = 1 / (length / variance + 1 / square(gain_spread));
            row.gain = along / variance * row.variance;
        }
    }

    void weigh_window() {
        std::fill(window_weight.begin(), window_weight.end(), 0.0);
        std::fill(window_weighted.begin(), window_weighted.end(), 0.0);
        for (const auto& row : rows) {
            const double variance = noise + row.own_variance();
            for (std::size_t i = 0; i < row.configs.size(); ++i) {
                window_weight[row.configs[i]] += (square(row.gain) + row.variance) / variance;
                window_weighted[row.configs[i]] += row.gain * row.gains[i] / variance;
            }
        }
    }

    /// What the factors leave unexplained, beyond what may be the streams' own, is noise.
    void update_noise(double sum_before, double weight_before) {
        noise_sum = sum_before;
        noise_weight = weight_before;
        for (const auto& row : rows) {
            const double weight = 1 / square(noise + row.own_variance());
            const double own =
                square(least_peculiarity) + square(peculiarity) * (square(row.gain) + row.variance);
            for (std::size_t i = 0; i < row.configs.size(); ++i) {
                const std::size_t c = row.configs[i];
                const double unexplained =
                    square(row.gains[i] - row.gain * strength[c]) +
                    row.variance * (square(strength[c]) + covariance.at(c, c)) +
                    square(row.gain) * covariance.at(c, c);
                noise_sum += weight * (unexplained - own);
                noise_weight += weight;
            }
        }
        if (noise_weight > 0) noise = std::max(noise_sum / noise_weight, least_variance);
    }

    void run(double sum_before, double weight_before) {
        start();
        if (weight_before > 0) noise = std::max(sum_before / weight_before, least_variance);
        for (int round = 0; round < rounds; ++round) {
            const double before = noise;
            const auto strength_before = strength;
            update_gains();
            weigh_window();
            update_strengths();
            update_noise(sum_before, weight_before);
            double change = std::abs(noise - before);
            for (std::size_t c = 0; c < strength.size(); ++c)
                change = std::max(change, std::abs(strength[c] - strength_before[c]));
            if (change < close_enough) break;
        }
    }

    [[nodiscard]] double refined(const Row& row, std::size_t i) const {
        const double common = row.gain * strength[row.configs[i]], own = row.own_variance();
        return common + own / (own + noise) * (row.gains[i] - common);
    }
};

std::vector<PlanningInput> EstimatePool::refine(const std::vector<PlanningInput>& window) {
    struct Cost {
        double sum = 0;
        int count = 0;
    };
    std::map<std::string, Cost> costs;
    for (const auto& stream : window)
        for (const auto& entry : stream.retraining) {
            auto& cost = costs[entry.id()];
            cost.sum += std::log(entry.device_seconds);
            ++cost.count;
        }
    for (const auto& [id, cost] : costs) {
        Known& known = known_[id];
        known.log_cost += (cost.sum / cost.count - known.log_cost) / ++known.windows;
    }
    // Where there are too many, those of earlier windows are forgotten; streams that share no
    // configurations teach nothing.
    if (known_.size() > most_configs)
        std::erase_if(known_, [&](const auto& entry) { return !costs.contains(entry.first); });
    std::vector<PlanningInput> result = window;
    if (known_.empty() || known_.size() > most_configs) return result;
    Fit fit;
    std::map<std::string, std::size_t> index;
    for (auto& [id, known] : known_) {
        known.weight *= memory;
        known.weighted_strength *= memory;
        index[id] = fit.known.size();
        fit.known.push_back(&known);
    }
    for (const auto& stream : window) {
        Row row;
        for (const auto& entry : stream.retraining) {
            row.configs.push_back(index[entry.id()]);
            row.gains.push_back(entry.accuracy - stream.accuracy);
        }
        fit.rows.push_back(std::move(row));
    }
    fit.run(noise_sum_, noise_weight_);
    for (std::size_t v = 0; v < result.size(); ++v)
        for (std::size_t i = 0; i < result[v].retraining.size(); ++i) {
            auto& entry = result[v].retraining[i];
            entry.accuracy = std::clamp(result[v].accuracy + fit.refined(fit.rows[v], i), 0.0, 1.0);
        }
    for (std::size_t c = 0; c < fit.known.size(); ++c) {
        fit.known[c]->weight += fit.window_weight[c];
        fit.known[c]->weighted_strength += fit.window_weighted[c];
    }
    noise_sum_ = fit.noise_sum;
    noise_weight_ = fit.noise_weight;
    return result;
}

double EstimatePool::noise() const {
    return noise_weight_ > 0 ? std::sqrt(std::max(noise_sum_ / noise_weight_, least_variance))
                             : first_noise;
}

}  // namespace ekya
