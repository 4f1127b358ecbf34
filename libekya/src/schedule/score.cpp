#include "ekya/schedule/score.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/inference_choice.hpp"
#include "outcome.hpp"

namespace ekya {
namespace {

constexpr double rounding = 1e-9;

/// Stretches of constant shares; the time of each is at hand.
class Run {
public:
    Run(const ScheduleProblem& problem, const PlanningInput& truth, const InferenceCurve& curve,
        const StreamSchedule& schedule)
        : problem_(problem),
          curve_(curve),
          schedule_(schedule),
          end_(problem.horizon),
          model_(schedule.cached ? schedule.cached->accuracy : truth.accuracy) {}

    StreamScore score() {
        const auto& steps = *schedule_.steps;
        double lowest = 1;
        for (std::size_t i = 0; i < steps.size() && now_ < end_; ++i) {
            const Seconds until = i + 1 < steps.size() ? std::min(steps[i + 1].start, end_) : end_;
            while (now_ < until) lowest = std::min(lowest, stretch(steps[i], until));
        }
        swap_if_due();
        result_.model_accuracy = model_;
        result_.lowest_accuracy = lowest;
        result_.accuracy /= end_;
        result_.shortfall /= end_;
        return result_;
    }

private:
    /// One stretch: to `until` or to the next model. @return inference accuracy during it
    double stretch(const PlanStep& step, Seconds until) {
        swap_if_due();
        const double share = std::min(step.retraining_share, problem_.max_job_share);
        Seconds next = until;
        if (const auto complete = completion(share)) {
            if (!result_.starts) result_.starts = schedule_.times ? schedule_.times->starts : now_;
            if (*complete <= until + rounding * end_) next = std::min(*complete, until);
            progress_ += share * (next - now_);
            if (*complete <= next + rounding * end_) {
                result_.ends = next;
                due_ = true;
                due_accuracy_ = schedule_.retraining->accuracy;
            }
        }
        const double accuracy = model_ * curve_.relative_accuracy(std::min(step.inference_share,
                                                                           problem_.max_job_share));
        const Seconds lasts = next - now_;
        result_.accuracy += accuracy * lasts;
        if (lasts > 0 && !holds_min_accuracy(accuracy, 1, problem_.min_accuracy)) {
            result_.shortfall += (problem_.min_accuracy - accuracy) * lasts;
            result_.below_until = next;
        }
        now_ = next;
        return lasts > 0 ? accuracy : 1;
    }

    /// When the new model is ready, if this share is kept; none if there is none to come.
    [[nodiscard]] std::optional<Seconds> completion(double share) const {
        if (!schedule_.retraining || result_.ends) return {};
        if (schedule_.times) return std::max(schedule_.times->serves, now_);
        if (share <= 0) return {};
        return now_ + std::max(schedule_.retraining->device_seconds - progress_, 0.0) / share;
    }

    void swap_if_due() {
        if (!due_) return;
        due_ = false;
        model_ = due_accuracy_;
    }

    const ScheduleProblem& problem_;
    const InferenceCurve& curve_;
    const StreamSchedule& schedule_;
    Seconds end_, now_ = 0;
    double model_, progress_ = 0, due_accuracy_ = 0;
    bool due_ = false;
    StreamScore result_;
};

}  // namespace

StreamScore score_stream(const ScheduleProblem& problem, const PlanningInput& truth,
                         const InferenceCurve& curve, const StreamSchedule& schedule) {
    return Run(problem, truth, curve, schedule).score();
}

std::vector<const StreamPlan*> planned_streams(const ScheduleProblem& problem, const Plan& plan) {
    std::map<std::string, const StreamPlan*> planned;
    for (const auto& stream : plan.streams) planned[stream.stream] = &stream;
    std::vector<const StreamPlan*> streams;
    for (const auto& stream : problem.streams) {
        const auto found = planned.find(stream.stream);
        if (found == planned.end())
            throw DomainError("plan: stream " + stream.stream + " is missing");
        streams.push_back(found->second);
    }
    return streams;
}

StreamSchedule schedule_of(const PlanningInput& truth, const StreamPlan& planned) {
    if (planned.steps.empty()) throw DomainError("plan: stream " + truth.stream + " has no steps");
    StreamSchedule schedule{nullptr, &planned.steps};
    if (const auto& retraining = planned.retraining) {
        schedule.retraining = find_retraining(truth, retraining->config, retraining->name);
        if (!schedule.retraining)
            throw DomainError("stream " + truth.stream + ": has no retraining configuration " +
                              retraining->id());
        if (retraining->elsewhere)
            schedule.times =
                RetrainingTimes{retraining->start_seconds, retraining->expected_seconds};
    }
    if (!planned.cached.empty()) {
        schedule.cached = find_cached(truth, planned.cached);
        if (!schedule.cached)
            throw DomainError("stream " + truth.stream + ": has no cached model " + planned.cached);
    }
    return schedule;
}

std::vector<StreamScore> score_plan(const ScheduleProblem& problem, const Plan& plan) {
    const auto planned = planned_streams(problem, plan);
    const auto curves = inference_curves(problem);
    std::vector<StreamScore> scores;
    for (std::size_t v = 0; v < problem.streams.size(); ++v) {
        const auto& truth = problem.streams[v];
        scores.push_back(score_stream(problem, truth, *curves[v], schedule_of(truth, *planned[v])));
    }
    return scores;
}

double mean_accuracy(const std::vector<StreamScore>& scores) {
    std::vector<double> values;
    for (const auto& score : scores) values.push_back(score.accuracy);
    return mean_in_order_of_size(std::move(values));
}

void check_shares(const ScheduleProblem& problem, const Plan& plan) {
    std::vector<std::pair<Seconds, double>> changes;
    for (const auto& stream : plan.streams) {
        double held = 0;
        for (const auto& step : stream.steps) {
            for (const double share : {step.inference_share, step.retraining_share})
                if (!(share >= 0) || share > problem.max_job_share * (1 + rounding)) {
                    std::ostringstream text;
                    text << "stream " << stream.stream << ": a job has a share of " << share
                         << " at " << step.start << " s, which is not in [0, "
                         << problem.max_job_share << "]";
                    throw DomainError(text.str());
                }
            const double now = step.inference_share + step.retraining_share;
            changes.emplace_back(step.start, now - held);
            held = now;
        }
    }
    // At the same instant what is released comes before what is taken.
    std::sort(changes.begin(), changes.end());
    double total = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        total += changes[i].second;
        const bool last_of_instant =
            i + 1 == changes.size() || changes[i + 1].first > changes[i].first;
        if (!last_of_instant || total <= problem.gpus + rounding * std::max(1.0, problem.gpus))
            continue;
        std::ostringstream text;
        text << "at " << changes[i].first << " s all jobs together hold " << total << " of "
             << problem.gpus << " devices";
        throw DomainError(text.str());
    }
}

}  // namespace ekya
