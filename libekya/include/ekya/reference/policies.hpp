#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// The schedulers of the simulator published with the paper. The fair ones halve the GPUs between
/// inference and retraining, then each half between its jobs; they differ in the retraining
/// configuration they take for a stream.
enum class ReferencePolicy {
    thief,  ///< configurations by single-camera optimisation, shares by stealing, several times in
            ///< turn
    fair_dumb,   ///< the most accurate configuration, however long it takes
    fair_naive,  ///< the most accurate one that ends in time on a quarter of all GPUs
    fair_sco,    ///< single-camera optimisation with half of all GPUs for each of the stream's jobs
    fair_random,    ///< the first in the list
    inference_only  ///< no retraining; GPUs split evenly over the streams
};

/// As on the command line, e.g. "reference-fair-sco".
[[nodiscard]] std::string to_string(ReferencePolicy policy);
/// @return none for a name that is none of reference_policy_names()
[[nodiscard]] std::optional<ReferencePolicy> reference_policy_from(const std::string& name);
/// All of them, in the order in which they are listed to people.
[[nodiscard]] std::vector<std::string> reference_policy_names();

struct ReferenceOptions {
    int iterations = 10;  ///< of the thief; >= 1
    double steal = 0.1;   ///< the thief's increment, share of one device; in [1e-4, 1e6]
    Seconds delay = 0;    ///< before retraining can start (the golden model labels): inference has
                          ///< all GPUs; whole, >= 0
};

/// Plans a window exactly as the published simulator does, its quirks and the order of its sums
/// included: equal scores and rounding decide like there. Time is whole seconds: T = the horizon
/// cut to whole seconds, scored at its T + 1 ends of seconds; the plan is made for T - delay and
/// starts after the delay.
///
/// The order of problem.streams and of their retraining options breaks ties. Options below the
/// stream's accuracy are no candidates. Shares follow the published redistribution: when a
/// retraining ends, its share goes in equal parts to all inference and to the retrainings still
/// running. Every stream's `steps` has all of these changes, those of other streams and those after
/// the horizon too. A retraining with share 0 at the start is named in the plan and never runs.
/// Expected times are at most the horizon, the horizon also where a retraining is not expected to
/// end.
///
/// min_accuracy and max_job_share play no part in the decision: a lower a_MIN is only reported, and
/// to score the plan as published, set max_job_share to at least the number of GPUs.
/// @throws DomainError naming the stream, the field or the option; if T - delay < 1 or the delay is
/// not whole
/// Source: the simulator published with the paper (ekya/simulation), all schedulers except its
///         cloud and fixed-configuration ones.
/// Ours:   nothing; where it departs from the paper's Algorithms 1 and 2, so does this.
[[nodiscard]] Plan schedule_reference(const ScheduleProblem& problem, ReferencePolicy policy,
                                      const ReferenceOptions& options = {});

}  // namespace ekya
