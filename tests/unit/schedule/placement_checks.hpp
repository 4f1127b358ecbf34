#pragma once
// What must hold for every plan that is laid onto devices.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya::test {

/// Every running job lies on one of the devices, none that does not run lies on any, and no device
/// is used by more than all of it at any instant.
inline void check_devices(const ScheduleProblem& problem, const Plan& plan) {
    const int gpus = static_cast<int>(problem.gpus);
    std::set<Seconds> instants;
    int misplaced = 0, not_ascending = 0;
    for (const auto& stream : plan.streams)
        for (std::size_t i = 0; i < stream.steps.size(); ++i) {
            const PlanStep& step = stream.steps[i];
            instants.insert(step.start);
            not_ascending += i > 0 && step.start <= stream.steps[i - 1].start ? 1 : 0;
            for (const auto& [share, gpu] : {std::pair(step.inference_share, step.inference_gpu),
                                             std::pair(step.retraining_share, step.retraining_gpu)})
                misplaced += share > 0 ? (gpu < 0 || gpu >= gpus) : gpu != -1;
        }
    CHECK(misplaced == 0);
    CHECK(not_ascending == 0);
    double fullest = 0;
    for (const Seconds instant : instants) {
        std::vector<double> used(static_cast<std::size_t>(gpus), 0);
        for (const auto& stream : plan.streams) {
            const PlanStep* now = nullptr;
            for (const auto& step : stream.steps)
                if (step.start <= instant) now = &step;
            if (now && now->inference_gpu >= 0) used[now->inference_gpu] += now->inference_share;
            if (now && now->retraining_gpu >= 0) used[now->retraining_gpu] += now->retraining_share;
        }
        fullest = std::max(fullest, *std::max_element(used.begin(), used.end()));
    }
    CHECK(fullest <= 1 + 1e-9);
    CHECK_NOTHROW(ekya::check_shares(problem, plan));
}

/// Changes of device of jobs that run before and after.
inline int moves_of(const Plan& plan) {
    int moves = 0;
    for (const auto& stream : plan.streams)
        for (std::size_t i = 1; i < stream.steps.size(); ++i) {
            const PlanStep &a = stream.steps[i - 1], &b = stream.steps[i];
            moves +=
                a.inference_gpu >= 0 && b.inference_gpu >= 0 && a.inference_gpu != b.inference_gpu
                    ? 1
                    : 0;
            moves += a.retraining_gpu >= 0 && b.retraining_gpu >= 0 &&
                             a.retraining_gpu != b.retraining_gpu
                         ? 1
                         : 0;
        }
    return moves;
}

/// The steps of a stream without their devices.
inline std::vector<PlanStep> without_devices(std::vector<PlanStep> steps) {
    for (auto& step : steps) step.inference_gpu = step.retraining_gpu = -1;
    return steps;
}

}  // namespace ekya::test
