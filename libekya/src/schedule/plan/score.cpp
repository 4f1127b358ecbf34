#include "ekya/schedule/plan/score.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/inference_choice.hpp"
#include "ekya/schedule/plan/timeline.hpp"
#include "plan/outcome.hpp"

namespace ekya {
namespace {

/// One stream's way through the window, from one change of shares or of the model to the next.
class Run {
public:
    Run(const ScheduleProblem& problem, const PlanningInput& truth, const InferenceCurve& curve,
        const StreamSchedule& schedule)
        : problem_(problem),
          curve_(curve),
          schedule_(schedule),
          timeline_(1, problem.horizon, problem.max_job_share) {
        result_.model_accuracy = schedule.cached ? schedule.cached->accuracy : truth.accuracy;
        result_.lowest_accuracy = 1;
        if (!schedule.retraining) return;
        if (schedule.times)
            result_.starts = schedule.times->starts;
        else
            timeline_.begin(0, schedule.retraining->device_seconds);
    }

    StreamScore score() {
        const auto& steps = *schedule_.steps;
        for (std::size_t i = 0; i < steps.size() && now() < problem_.horizon; ++i) {
            const Seconds until = i + 1 < steps.size()
                                      ? std::min(steps[i + 1].start, problem_.horizon)
                                      : problem_.horizon;
            timeline_.hold(0, steps[i]);
            if (!result_.starts && timeline_.left(0) > 0 && steps[i].retraining_share > 0 &&
                now() < until)
                result_.starts = now();
            while (now() < until) stretch(steps[i], until);
        }
        result_.accuracy /= problem_.horizon;
        result_.shortfall /= problem_.horizon;
        return result_;
    }

private:
    [[nodiscard]] Seconds now() const { return timeline_.now(); }

    /// To `until`, or to the new model.
    void stretch(const PlanStep& step, Seconds until) {
        const Seconds before = now();
        const bool swaps = schedule_.times ? arrives(until) : !timeline_.advance(until).empty();
        if (now() > before) add(step, now() - before);
        if (!swaps) return;
        result_.ends = now();
        result_.model_accuracy = schedule_.retraining->accuracy;
    }

    /// Goes on until a model from elsewhere is here. @return whether it is
    bool arrives(Seconds until) {
        const bool comes = schedule_.retraining && !result_.ends;
        const Seconds serves = comes ? std::max(schedule_.times->serves, now()) : until;
        timeline_.advance(std::min(serves, until));
        return comes && serves <= until + plan_tolerance * problem_.horizon;
    }

    void add(const PlanStep& step, Seconds lasts) {
        const double share = std::min(step.inference_share, problem_.max_job_share);
        const double accuracy = result_.model_accuracy * curve_.relative_accuracy(share);
        result_.accuracy += accuracy * lasts;
        result_.lowest_accuracy = std::min(result_.lowest_accuracy, accuracy);
        if (holds_min_accuracy(accuracy, 1, problem_.min_accuracy)) return;
        result_.shortfall += (problem_.min_accuracy - accuracy) * lasts;
        result_.below_until = now();
    }

    const ScheduleProblem& problem_;
    const InferenceCurve& curve_;
    const StreamSchedule& schedule_;
    Timeline timeline_;
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
                if (!(share >= 0) || share > problem.max_job_share * (1 + plan_tolerance)) {
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
        if (!last_of_instant ||
            total <= problem.gpus + plan_tolerance * std::max(1.0, problem.gpus))
            continue;
        std::ostringstream text;
        text << "at " << changes[i].first << " s all jobs together hold " << total << " of "
             << problem.gpus << " devices";
        throw DomainError(text.str());
    }
}

}  // namespace ekya
