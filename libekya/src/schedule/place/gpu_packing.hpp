#pragma once
#include <vector>

#include "ekya/schedule/plan/inference_curve.hpp"

namespace ekya {

/// One job at an instant of a plan, as the packing of jobs onto devices sees it. Private to the
/// module.
struct PackedJob {
    double want = 0;  ///< share that the plan grants; in [0, 1]
    double share =
        0;  ///< before: what it holds, 0 = not running; afterwards: what it gets, at most `want`
    int gpu = -1;  ///< the device it lies on, -1 = none; before and afterwards
    /// Inference only, null for a retraining: what it gives for its share.
    const InferenceCurve* curve = nullptr;
    double model_accuracy = 0;  ///< inference only: of the model that serves
    double needs =
        0;  ///< inference only: share below which it falls short of a_MIN; 0 = it does anyway

    [[nodiscard]] bool inference() const { return curve != nullptr; }
};

/// Lays jobs onto devices such that none straddles two and no device is used by more than all of
/// it.
///
/// Running jobs that still fit stay where they are. New and grown ones are packed in descending
/// order of share, each where it leaves least idle. Where one fits nowhere, single jobs move or
/// swap places, retrainings rather than inference. If that does not do, everything is packed anew,
/// with the running inference jobs left in place or not, as long as that places more. What fits
/// nowhere is cut: retrainings before inference, inference above what holds a_MIN before the rest
/// of it. Source: Ekya §5: jobs are packed in descending order of demand to keep fragmentation low.
/// Ours: the rest.
void pack_jobs(std::vector<PackedJob>& jobs, int gpus);

}  // namespace ekya
