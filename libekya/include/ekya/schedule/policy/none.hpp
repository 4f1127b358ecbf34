#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// No retraining: every stream's inference gets the same share, at most max_job_share.
/// @throws DomainError naming the stream and the field
[[nodiscard]] Plan schedule_none(const ScheduleProblem& problem);

/// Its row in policies().
[[nodiscard]] Policy none_policy();

}  // namespace ekya
