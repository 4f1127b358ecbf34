#pragma once
#include <memory>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"
#include "ekya/schedule/policy/policies.hpp"

namespace ekya {

/// How windows are planned, apart from what is known of their streams.
struct PlanSettings {
    PolicySetting policy = {};
    double gpus = 1;           ///< devices to share out; >= 0
    double min_accuracy = 0;   ///< a_MIN; in [0, 1]
    double max_job_share = 1;  ///< what one job can use, of one device; > 0
    bool place = true;         ///< lay jobs onto whole devices where there are several
    /// Inference of all streams; none: the steps of each one's inputs.
    std::shared_ptr<const InferenceCurve> curve = {};
};

/// The problem of a window, or of what is left of one.
/// @param horizon seconds to plan for; > 0
[[nodiscard]] ScheduleProblem problem_of(const PlanSettings& settings, int window, Seconds horizon,
                                         std::vector<PlanningInput> streams);

/// Plans with the policy, lays the jobs onto devices where there are two and more whole ones and no
/// job can span two, and copies where retrainings start from the streams' inputs. What
/// ekya-schedule prints, what a live window follows and what a simulated one does.
/// @throws DomainError naming the stream, the field or the option
[[nodiscard]] Plan plan_window(const PlanSettings& settings, const ScheduleProblem& problem);

}  // namespace ekya
