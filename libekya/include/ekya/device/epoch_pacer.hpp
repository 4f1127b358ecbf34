#pragma once
#include "ekya/core/clock.hpp"

namespace ekya {

/// Fits a training into the time that is left of its window: when not all epochs fit, it is better
/// to know that early and to let the learning rate fall in time than to be stopped in the middle.
class EpochPacer {
public:
    /// @param until moment on the clock by which all must be done; infinite = no limit
    EpochPacer(Seconds until, const Clock& clock)
        : until_(until), start_(clock.now()), clock_(clock) {}

    /// How many epochs the training shall have in all, after `epoch` of them of which the last took
    /// `epoch_seconds`.
    /// @return in [epoch, planned]
    [[nodiscard]] int epochs_to_run(int epoch, int planned, Seconds epoch_seconds);
    /// No further batch: what is left is needed for judging, storing and swapping the model.
    [[nodiscard]] bool is_over() const { return clock_.now() + reserve() >= until_; }

private:
    /// What comes after the last batch takes about as long as half an epoch, and grows with all
    /// that slows the job down.
    [[nodiscard]] Seconds reserve() const;

    Seconds until_, start_;
    Seconds longest_epoch_ = 0;
    const Clock& clock_;
};

}  // namespace ekya
