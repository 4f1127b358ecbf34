#include "ekya/schedule/place/placement.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "place/placed_run.hpp"
#include "plan/finish_plan.hpp"

namespace ekya {
namespace {

constexpr double most_gpus = 1e4;

void require_whole_devices(const ScheduleProblem& problem) {
    require_in_range("gpus", problem.gpus, 1, most_gpus);
    if (std::abs(problem.gpus - std::round(problem.gpus)) > plan_tolerance)
        throw DomainError("gpus: " + std::to_string(problem.gpus) +
                          " is not a whole number: jobs are placed on whole devices");
    if (!(problem.max_job_share <= 1 + plan_tolerance))
        throw DomainError("max_job_share: " + std::to_string(problem.max_job_share) +
                          " is more than 1: a job that is placed lies on one device");
}

/// The streams of the plan in the order of the problem's, as the run needs them.
std::vector<PlacedStream> streams_of(const ScheduleProblem& problem, const Plan& plan,
                                     const std::vector<StreamScore>& scores) {
    std::map<std::string, const StreamPlan*> planned;
    for (const auto& stream : plan.streams) planned[stream.stream] = &stream;
    const auto curves = inference_curves(problem);
    std::vector<PlacedStream> streams;
    for (std::size_t v = 0; v < problem.streams.size(); ++v) {
        const auto& estimate = problem.streams[v];
        PlacedStream stream{planned.at(estimate.stream), curves[v], estimate.accuracy};
        const auto& retraining = stream.plan->retraining;
        if (retraining && scores[v].ends) {
            stream.retraining = find_retraining(estimate, retraining->config, retraining->name);
            stream.end = retraining->expected_seconds;
        }
        streams.push_back(std::move(stream));
    }
    return streams;
}

/// Leaves out the retraining that was to end last: it would have served least.
void leave_one_out(const std::vector<std::size_t>& unfinished, std::vector<PlacedStream>& streams) {
    const auto last = *std::max_element(
        unfinished.begin(), unfinished.end(),
        [&](std::size_t a, std::size_t b) { return streams[a].end < streams[b].end; });
    streams[last].retraining = nullptr;
    streams[last].left_out = true;
}

Plan with_placed_shares(const ScheduleProblem& problem, const Plan& plan,
                        const std::vector<PlacedStream>& streams, PlacedCourse& course) {
    std::vector<StreamDecision> decisions;
    for (std::size_t v = 0; v < streams.size(); ++v)
        decisions.push_back({streams[v].retraining, std::move(course.steps[v])});
    Plan placed = finish_plan(problem, plan.policy, std::move(decisions));
    placed.decision_seconds = plan.decision_seconds;
    return placed;
}

Plan with_devices(Plan plan, const std::vector<PlacedStream>& streams, PlacedCourse& course) {
    for (std::size_t v = 0; v < streams.size(); ++v) {
        const auto index = static_cast<std::size_t>(streams[v].plan - plan.streams.data());
        plan.streams[index].steps = std::move(course.steps[v]);
    }
    return plan;
}

/// Changes of device of jobs that run before and after.
int moves_of(const Plan& plan) {
    const auto moved = [](int before, int after) {
        return before >= 0 && after >= 0 && before != after ? 1 : 0;
    };
    int moves = 0;
    for (const auto& stream : plan.streams)
        for (std::size_t i = 1; i < stream.steps.size(); ++i)
            moves += moved(stream.steps[i - 1].inference_gpu, stream.steps[i].inference_gpu) +
                     moved(stream.steps[i - 1].retraining_gpu, stream.steps[i].retraining_gpu);
    return moves;
}

}  // namespace

Plan place_plan(const ScheduleProblem& problem, Plan plan) {
    validate(problem);
    require_whole_devices(problem);
    check_shares(problem, plan);
    const auto scores = score_plan(problem, plan);
    auto streams = streams_of(problem, plan, scores);
    PlacedCourse course = run_placed(problem, streams);
    while (!course.unfinished.empty()) {
        leave_one_out(course.unfinished, streams);
        course = run_placed(problem, streams);
    }
    Placement placement{0, course.granted, course.lost};
    if (course.as_planned) {
        plan = with_devices(std::move(plan), streams, course);
    } else {
        plan = with_placed_shares(problem, plan, streams, course);
        placement.lost_accuracy = mean_accuracy(scores) - plan.mean_accuracy;
    }
    placement.moves = moves_of(plan);
    plan.placement = placement;
    return plan;
}

}  // namespace ekya
