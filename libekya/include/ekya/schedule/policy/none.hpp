#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// No retraining: every stream's inference gets the same share, at most max_job_share.
/// @throws DomainError naming the stream and the field
[[nodiscard]] Plan schedule_none(const ScheduleProblem& problem);

}  // namespace ekya
