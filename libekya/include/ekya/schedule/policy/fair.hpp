#pragma once
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// The baseline "Fair": the GPUs are split equally over all jobs, and every stream takes its
/// retraining configuration of highest estimated accuracy, whether it needs it or not. When a
/// retraining ends, its share goes in equal parts to all jobs that are left; what exceeds
/// max_job_share lies idle.
///
/// Jobs are the inference of every stream and the retraining of every stream that has something to
/// retrain with. Only configurations that end within the horizon on a job's part are chosen from;
/// of equally accurate ones the one of fewer device-seconds, then the first. A stream that has none
/// gives its retraining's part to its own inference.
/// @throws DomainError naming the stream and the field
/// Source: the poster "Ekya" ("allocate resources equally, pick configs with highest accuracy").
/// Ours:   configurations that cannot end are left out. The published simulator's fair schedulers,
/// which halve the GPUs
///         between inference and retraining, are in schedule_reference().
[[nodiscard]] Plan schedule_fair(const ScheduleProblem& problem);

/// Its row in policies().
[[nodiscard]] Policy fair_policy();

}  // namespace ekya
