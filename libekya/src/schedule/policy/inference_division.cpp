#include "policy/inference_division.hpp"

#include <algorithm>

#include "ekya/schedule/plan/inference_choice.hpp"
#include "plan/outcome.hpp"
#include "plan/stream_order.hpp"
#include "policy/sequence.hpp"

namespace ekya {

InferenceDivision::InferenceDivision(const ScheduleProblem& problem)
    : serving_(problem), order_(streams_by_name(problem)) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
        serving_.streams[i] = problem.streams[order_[i]];
        serving_.streams[i].retraining.clear();
    }
}

std::vector<double> InferenceDivision::shares(const std::vector<double>& accuracies) {
    for (std::size_t i = 0; i < order_.size(); ++i)
        serving_.streams[i].accuracy = accuracies[order_[i]];
    const double part = serving_.gpus / static_cast<double>(order_.size());
    const std::vector<double> equal(order_.size(), std::min(part, serving_.max_job_share));
    const auto filled = water_filling();
    const auto& best = better(equal, filled) ? equal : filled;
    std::vector<double> shares(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) shares[order_[i]] = best[i];
    return shares;
}

/// What best does with the devices when nothing is retrained.
std::vector<double> InferenceDivision::water_filling() const {
    std::vector<double> shares;
    const Sequence none{std::vector<int>(order_.size(), -1), {}};
    for (const auto& decision : SequencePlanner(serving_).decide(none))
        shares.push_back(decision.steps.front().inference_share);
    return shares;
}

bool InferenceDivision::better(const std::vector<double>& shares,
                               const std::vector<double>& others) const {
    const auto worth = [&](const std::vector<double>& of) {
        Outcome sum;
        for (std::size_t i = 0; i < of.size(); ++i) {
            const auto& stream = serving_.streams[i];
            sum += outcome_of(
                serving_, 0, 0,
                stream.accuracy * choose_inference(serving_, stream, of[i]).relative_accuracy);
        }
        return sum;
    };
    return ekya::better(worth(shares), worth(others));
}

}  // namespace ekya
