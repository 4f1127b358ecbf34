#pragma once
#include <cstddef>
#include <vector>

#include "ekya/core/plan.hpp"

namespace ekya {

/// What the jobs of a window's streams hold over time, and how far their retrainings are: the one
/// way in which scores, planners, placement and simulation move through a window.
///
/// A retraining progresses with the share that its stream holds for it, at most max_job_share of
/// it, in device-seconds. Shares stay as they are until hold() changes them. An end that lies up to
/// plan_tolerance (in parts of the horizon) behind a time that advance() goes to counts as reached
/// then; an end behind the horizon never comes.
class Timeline {
public:
    /// @param horizon length of the window; > 0
    Timeline(std::size_t streams, Seconds horizon, double max_job_share);

    [[nodiscard]] std::size_t streams() const { return lanes_.size(); }
    [[nodiscard]] Seconds horizon() const { return horizon_; }
    [[nodiscard]] Seconds now() const { return now_; }
    /// No time is left.
    [[nodiscard]] bool over() const { return now_ >= horizon_ - tolerance(); }

    /// What the stream's jobs hold from now on; step.start is ignored.
    void hold(std::size_t v, PlanStep step);
    /// The stream's retraining needs so many device-seconds from now on: it begins, or what is left
    /// of it was measured.
    void begin(std::size_t v, double device_seconds);
    /// The stream's retraining is given up.
    void stop(std::size_t v) { lanes_[v].left = 0; }

    /// Device-seconds of the stream's retraining that are still to do; 0 = none is.
    [[nodiscard]] double left(std::size_t v) const { return lanes_[v].left; }
    /// When the stream's retraining ends if its share stays; infinite if it does not.
    [[nodiscard]] Seconds end_of(std::size_t v) const;
    /// The first end of all streams' retrainings; infinite if none ends.
    [[nodiscard]] Seconds next_end() const;

    /// Goes on to a time, or to the first end of a retraining if that comes before.
    /// @param until at least now()
    /// @return the streams whose retrainings have ended at now(), ascending; valid until the next
    /// call
    const std::vector<std::size_t>& advance(Seconds until);

    /// All that the stream's jobs have held: ascending, one step for each time at which hold() was
    /// called.
    [[nodiscard]] const std::vector<PlanStep>& steps(std::size_t v) const {
        return lanes_[v].steps;
    }

    /// Times that differ by no more are the same.
    [[nodiscard]] Seconds tolerance() const { return plan_tolerance * horizon_; }

private:
    struct Lane {
        std::vector<PlanStep> steps;
        double share = 0;  ///< that the retraining can use
        double left = 0;
    };
    std::vector<Lane> lanes_;
    std::vector<std::size_t> ended_;
    Seconds horizon_, now_ = 0;
    double max_job_share_;
};

}  // namespace ekya
