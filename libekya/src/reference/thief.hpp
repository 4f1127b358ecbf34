#pragma once
#include <vector>

#include "ekya/reference/policies.hpp"
#include "timeline.hpp"

namespace ekya {

/// What the published schedulers work on: the cameras, and what each may be retrained with. Private
/// to the module.
struct ReferenceWindow {
    std::vector<ReferenceCamera> cameras;  ///< their retraining is yet to be chosen
    std::vector<std::vector<const RetrainingOption*>>
        candidates;  ///< of each camera, in its estimate's order
    double gpus = 0;
    int horizon = 0;  ///< seconds planned for; >= 1
};

/// Single-camera optimisation: the candidate that scores best alone with these shares; the first of
/// equal ones, null if there is no candidate.
[[nodiscard]] const RetrainingOption* optimise_camera(ReferenceSimulator& simulator,
                                                      const ReferenceWindow& window, std::size_t v,
                                                      double inference_share,
                                                      double retraining_share);

/// The published thief. Chooses the cameras' retrainings too. @return the timeline of its last
/// iteration
[[nodiscard]] ReferenceTimeline reference_thief(ReferenceWindow& window,
                                                const ReferenceOptions& options);

}  // namespace ekya
