#include "whole_seconds.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/inference_choice.hpp"

namespace ekya {
namespace {

constexpr Seconds longest_horizon = 1e7;  // every second costs time

/// One stream, second by second.
class WholeSecondRun {
public:
    WholeSecondRun(const ScheduleProblem& problem, const PlanningInput& truth,
                   const InferenceCurve& curve, const StreamSchedule& schedule)
        : problem_(problem),
          curve_(curve),
          schedule_(schedule),
          samples_(problem.scored_seconds()),
          accuracy_(schedule.cached ? schedule.cached->accuracy : truth.accuracy) {}

    StreamScore score() {
        std::vector<Seconds> starts;
        for (const auto& step : *schedule_.steps) starts.push_back(step.start);
        std::vector<WholeSecondBlock> blocks;
        whole_second_blocks(starts, static_cast<int>(samples_) - 1, blocks);
        result_.lowest_accuracy = 1;
        receive(0);
        for (const auto& block : blocks) run(block);
        result_.model_accuracy = accuracy_;
        result_.accuracy /= samples_;
        result_.shortfall /= samples_;
        return result_;
    }

private:
    void run(const WholeSecondBlock& block) {
        const PlanStep& step = (*schedule_.steps)[block.step];
        const double relative =
            curve_.relative_accuracy(std::min(step.inference_share, problem_.max_job_share));
        const double share = std::min(step.retraining_share, problem_.max_job_share);
        const double first = progress_ + share;
        for (int i = 0; i < block.length; ++i) {
            sample(block.start + i, relative);
            progress_ = first + i * share;
            train(block.start + i, share);
        }
    }

    void sample(int second, double relative) {
        const double accuracy = accuracy_ * relative;
        result_.accuracy += accuracy;
        result_.lowest_accuracy = std::min(result_.lowest_accuracy, accuracy);
        if (holds_min_accuracy(accuracy, 1, problem_.min_accuracy)) return;
        result_.shortfall += problem_.min_accuracy - accuracy;
        result_.below_until = second + 1;
    }

    /// No tolerance: a retraining that lacks a rounding error when its share is taken away is lost,
    /// as published.
    void train(int second, double share) {
        if (schedule_.times) return receive(second + 1);
        if (!schedule_.retraining || result_.ends) return;
        if (share > 0 && !result_.starts) result_.starts = second;
        if (progress_ < schedule_.retraining->device_seconds || second + 1 >= samples_) return;
        result_.ends = second + 1;
        accuracy_ = schedule_.retraining->accuracy;
    }

    /// A model from elsewhere serves from the first whole second at which it is here.
    void receive(int second) {
        constexpr double rounding = 1e-9;
        if (!schedule_.retraining || !schedule_.times || result_.ends) return;
        result_.starts = schedule_.times->starts;
        if (second >= samples_ || second < schedule_.times->serves - rounding * samples_) return;
        result_.ends = second;
        accuracy_ = schedule_.retraining->accuracy;
    }

    const ScheduleProblem& problem_;
    const InferenceCurve& curve_;
    const StreamSchedule& schedule_;
    Seconds samples_;
    double accuracy_, progress_ = 0;
    StreamScore result_;
};

}  // namespace

void whole_second_blocks(const std::vector<Seconds>& starts, int horizon,
                         std::vector<WholeSecondBlock>& blocks) {
    blocks.clear();
    if (starts.empty()) return;
    std::size_t step = 0;
    for (int now = 0; now <= horizon; now += blocks.back().length) {
        while (step + 1 < starts.size() && starts[step + 1] <= now) ++step;
        const bool last = step + 1 >= starts.size();
        const Seconds looked_at = last ? starts[step] : starts[step + 1];
        int length = 1;
        if (now < horizon && std::floor(looked_at) != now)
            length =
                last || looked_at >= horizon ? horizon - now : static_cast<int>(looked_at) - now;
        blocks.push_back({now, length, step});
    }
}

void require_whole_seconds(const ScheduleProblem& problem) {
    require_in_range("horizon", problem.horizon, 0, longest_horizon);
}

Seconds whole_seconds_until_complete(double device_seconds, double share) {
    const auto progress = [&](Seconds seconds) { return share + (seconds - 1) * share; };
    Seconds seconds = std::max(1.0, std::ceil(device_seconds / share));
    while (seconds > 1 && progress(seconds - 1) >= device_seconds) --seconds;
    while (progress(seconds) < device_seconds) ++seconds;
    return seconds;
}

StreamScore score_whole_seconds(const ScheduleProblem& problem, const PlanningInput& truth,
                                const InferenceCurve& curve, const StreamSchedule& schedule) {
    require_whole_seconds(problem);
    return WholeSecondRun(problem, truth, curve, schedule).score();
}

}  // namespace ekya
