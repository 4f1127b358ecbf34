// Ends a labelling whose golden model does not answer.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "ekya/core/clock.hpp"
#include "ekya/label/window_labeller.hpp"

namespace ekya {

/// A script may loop for ever inside the call that runs it, and no thread can be ended from
/// outside. So a thread of its own watches the labelling of one window and calls `give_up` of the
/// request, which ends the process, when nothing was answered for too long, when the time of
/// `max_seconds` is over by more than a grace, or when an interrupted labelling does not end.
class GoldenWatch {
public:
    explicit GoldenWatch(const LabelRequest& request);
    ~GoldenWatch();
    GoldenWatch(const GoldenWatch&) = delete;
    GoldenWatch& operator=(const GoldenWatch&) = delete;

    /// The golden model has answered; these labels are there so far.
    void answered(const LabelSet& set);

private:
    void watch();
    [[nodiscard]] std::string trouble(Seconds now);

    const LabelRequest& request_;
    SystemClock clock_;
    Seconds begun_, answered_, interrupted_ = -1;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;
    LabelSet set_;
    std::thread thread_;
};

}  // namespace ekya
