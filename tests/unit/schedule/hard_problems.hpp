#pragma once
// Random scheduling problems at the edges of what estimates can be: for tests of properties, not of
// quality.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "problems.hpp"

namespace ekya::test {

class HardProblems {
public:
    explicit HardProblems(unsigned seed) : random_(seed) {}

    [[nodiscard]] ScheduleProblem make() {
        auto problem = problem_of(log_uniform(3, 1000), log_uniform(0.05, 16));
        problem.max_job_share = chance(0.5) ? 1 : chance(0.3) ? 1e6 : log_uniform(0.3, 8);
        problem.min_accuracy = chance(0.4) ? 0 : 0.6 * uniform();
        if (chance(0.3)) problem.curve = curve();
        const int streams = stream_count();
        for (int v = 0; v < streams; ++v) problem.streams.push_back(stream(std::to_string(v)));
        if (chance(0.3)) raise_to_the_edge(problem);
        return problem;
    }

    [[nodiscard]] double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    [[nodiscard]] double log_uniform(double low, double high) {
        return low * std::pow(high / low, uniform());
    }
    [[nodiscard]] bool chance(double probability) { return uniform() < probability; }
    [[nodiscard]] int below(int limit) { return static_cast<int>(uniform() * limit); }

private:
    /// Mostly few, which is where plans differ most; seldom more than `best` has the thief look at.
    [[nodiscard]] int stream_count() {
        if (chance(0.8)) return 1 + below(5);
        return chance(0.95) ? 6 + below(8) : 65 + below(10);
    }

    [[nodiscard]] PlanningInput stream(const std::string& name) {
        PlanningInput stream = random_stream(name, random_);
        if (chance(0.5)) stream.accuracy = chance(0.1) ? 0 : chance(0.1) ? 1 : uniform();
        std::shuffle(stream.retraining.begin(), stream.retraining.end(), random_);
        stream.retraining.resize(static_cast<std::size_t>(below(7)));
        if (chance(0.5)) make_wild(stream);
        if (chance(0.5)) stream.inference = inference();
        return stream;
    }

    /// Costs of all magnitudes, accuracies of all kinds, lower ones too.
    void make_wild(PlanningInput& stream) {
        for (auto& entry : stream.retraining) {
            entry.device_seconds = log_uniform(1e-3, 1e5);
            if (chance(0.5)) entry.accuracy = uniform();
        }
    }

    /// One to six configurations, some of them worse than cheaper ones.
    [[nodiscard]] std::vector<InferenceEstimate> inference() {
        std::vector<InferenceEstimate> inference;
        const int count = 1 + below(6);
        for (int i = 0; i < count; ++i)
            inference.push_back({{i + 1, 0}, uniform(), log_uniform(0.01, 2)});
        return inference;
    }

    [[nodiscard]] std::shared_ptr<const InferenceCurve> curve() {
        return std::make_shared<const InferenceCurve>(InferenceCurve::interpolated(
            {{1, 1}, {2, 0.78}, {3, 0.64}, {5, 0.44}, {8, 0.33}, {10, 0.15}, {20, 0.04}},
            log_uniform(0.1, 1)));
    }

    /// An a_MIN that takes nearly all devices.
    void raise_to_the_edge(ScheduleProblem& problem);

    std::mt19937 random_;
};

/// Devices that hold a_MIN in all streams with the deployed models; infinity if one job's share is
/// not enough.
inline double devices_for(const ScheduleProblem& problem, double min_accuracy) {
    constexpr double never = std::numeric_limits<double>::infinity();
    if (min_accuracy <= 0) return 0;
    const auto curves = inference_curves(problem);
    double sum = 0;
    for (std::size_t v = 0; v < curves.size(); ++v) {
        const double accuracy = problem.streams[v].accuracy;
        const double share = accuracy > 0 ? curves[v]->share_for(min_accuracy / accuracy) : never;
        sum += share <= problem.max_job_share ? share : never;
    }
    return sum;
}

inline void HardProblems::raise_to_the_edge(ScheduleProblem& problem) {
    double low = 0, high = 1;
    for (int i = 0; i < 30; ++i) {
        const double middle = (low + high) / 2;
        (devices_for(problem, middle) <= problem.gpus ? low : high) = middle;
    }
    problem.min_accuracy = low * (1 - log_uniform(1e-6, 0.3));
}

}  // namespace ekya::test
