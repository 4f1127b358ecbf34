#include "ekya/reference/score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"
#include "whole_seconds.hpp"

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
          samples_(reference_samples(problem.horizon)),
          accuracy_(schedule.cached ? schedule.cached->accuracy : truth.accuracy) {}

    StreamScore score() {
        std::vector<Seconds> starts;
        for (const auto& step : *schedule_.steps) starts.push_back(step.start);
        std::vector<WholeSecondBlock> blocks;
        whole_second_blocks(starts, samples_ - 1, blocks);
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
    int samples_;
    double accuracy_, progress_ = 0;
    StreamScore result_;
};

/// When the retraining really runs in continuous time: that is what is sampled.
void fix_times(const ScheduleProblem& problem, const PlanningInput& truth,
               const InferenceCurve& curve, StreamSchedule& schedule) {
    if (!schedule.retraining || schedule.times) return;
    const StreamScore continuous = score_stream(problem, truth, curve, schedule);
    schedule.times =
        RetrainingTimes{continuous.starts.value_or(0),
                        continuous.ends.value_or(std::numeric_limits<Seconds>::infinity())};
}

template <typename Prepare>
std::vector<StreamScore> scores_of(const ScheduleProblem& problem, const Plan& plan,
                                   Prepare prepare) {
    const auto curves = inference_curves(problem);
    const auto planned = planned_streams(problem, plan);
    std::vector<StreamScore> scores;
    for (std::size_t v = 0; v < problem.streams.size(); ++v) {
        const PlanningInput& truth = problem.streams[v];
        StreamSchedule schedule = schedule_of(truth, *planned[v]);
        prepare(truth, *curves[v], schedule);
        scores.push_back(score_reference_stream(problem, truth, *curves[v], schedule));
    }
    return scores;
}

}  // namespace

int reference_samples(Seconds horizon) {
    require_in_range("horizon", horizon, 0, longest_horizon);
    return static_cast<int>(std::floor(horizon + 1e-9)) + 1;
}

StreamScore score_reference_stream(const ScheduleProblem& problem, const PlanningInput& truth,
                                   const InferenceCurve& curve, const StreamSchedule& schedule) {
    return WholeSecondRun(problem, truth, curve, schedule).score();
}

std::vector<StreamScore> score_reference(const ScheduleProblem& problem, const Plan& plan) {
    return scores_of(problem, plan, [](const auto&, const auto&, const auto&) {});
}

std::vector<StreamScore> sample_reference(const ScheduleProblem& problem, const Plan& plan) {
    return scores_of(problem, plan,
                     [&](const auto& truth, const auto& curve, StreamSchedule& schedule) {
                         fix_times(problem, truth, curve, schedule);
                     });
}

}  // namespace ekya
