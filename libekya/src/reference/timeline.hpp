#pragma once
#include <cstddef>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"
#include "whole_seconds.hpp"

namespace ekya {

/// One camera of the published simulator, with the retraining chosen for it. Private to the module,
/// as all here.
struct ReferenceCamera {
    double accuracy = 0;  ///< at the start of the window
    const InferenceCurve* curve = nullptr;
    const RetrainingOption* retraining = nullptr;  ///< null = none
};

/// Shares of all cameras' jobs from each of its starts on. Flat, since the thief makes thousands of
/// them a window.
struct ReferenceTimeline {
    std::size_t cameras = 0;
    std::vector<Seconds> starts;     ///< ascending
    std::vector<double> inference;   ///< starts.size() rows of one share per camera
    std::vector<double> retraining;  ///< the same; 0 where there is none

    [[nodiscard]] std::size_t size() const { return starts.size(); }
    [[nodiscard]] double& inference_of(std::size_t row, std::size_t v) {
        return inference[row * cameras + v];
    }
    [[nodiscard]] double& retraining_of(std::size_t row, std::size_t v) {
        return retraining[row * cameras + v];
    }
    [[nodiscard]] double inference_of(std::size_t row, std::size_t v) const {
        return inference[row * cameras + v];
    }
    [[nodiscard]] double retraining_of(std::size_t row, std::size_t v) const {
        return retraining[row * cameras + v];
    }

    /// One row at time 0, all shares 0.
    void restart(std::size_t camera_count);
    /// A row of zeros at `start`, in its place by time; one that begins at the very same time is
    /// cleared instead.
    /// @return its index
    std::size_t insert(Seconds start);
};

/// Makes and scores timelines, like the published simulator to the last bit. Keeps its memory
/// between calls.
class ReferenceSimulator {
public:
    /// Adds rows to a timeline of one row ("fair redistribution"): whenever a retraining ends its
    /// share goes in equal parts to all inference and to the retrainings still running.
    void redistribute(const std::vector<ReferenceCamera>& cameras, ReferenceTimeline& timeline);

    /// Mean accuracy over the cameras and the samples 0, 1 ... horizon.
    double score(const std::vector<ReferenceCamera>& cameras, const ReferenceTimeline& timeline,
                 int horizon);

    /// Mean accuracy of each camera in the timeline scored last.
    [[nodiscard]] const std::vector<double>& means() const { return sums_; }

private:
    struct Progress {
        double model_accuracy = 0, relative_accuracy = 0, gpu_seconds = 0;
        bool done = false;
    };
    [[nodiscard]] std::size_t next_to_end(const std::vector<ReferenceCamera>& cameras,
                                          const ReferenceTimeline& timeline, Seconds& when) const;
    void release(ReferenceTimeline& timeline, std::size_t ended, Seconds when);
    void add_block(const std::vector<ReferenceCamera>& cameras, const ReferenceTimeline& timeline,
                   const WholeSecondBlock& block);

    std::vector<std::size_t> running_;  ///< cameras whose retraining is, in their order
    std::vector<WholeSecondBlock> blocks_;
    std::vector<Progress> progress_;
    std::vector<double> values_, sums_, last_inference_, last_retraining_;
};

}  // namespace ekya
