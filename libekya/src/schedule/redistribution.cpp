#include "redistribution.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "stream_order.hpp"

namespace ekya {
namespace {

constexpr double rounding = 1e-9;
constexpr double simultaneous = 1e-12;

/// One way through the window, from completion to completion.
class Course {
public:
    Course(const ScheduleProblem& problem, const std::vector<InitialJobs>& jobs)
        : problem_(problem), end_(problem.horizon) {
        for (const auto& job : jobs) {
            const bool retrained = job.retraining != nullptr;
            decisions_.push_back({job.retraining, {}});
            inference_.push_back(job.shares.inference + (retrained ? 0 : job.shares.retraining));
            retraining_.push_back(retrained ? job.shares.retraining : 0);
            left_.push_back(retrained ? job.retraining->device_seconds : 0);
        }
        for (const std::size_t v : streams_by_name(problem))
            if (jobs[v].retraining) running_.push_back(v);
        record();
        while (step()) {}
    }

    /// Streams whose retraining does not end within the horizon.
    [[nodiscard]] const std::vector<std::size_t>& unfinished() const { return running_; }
    [[nodiscard]] std::vector<StreamDecision> take() { return std::move(decisions_); }

private:
    [[nodiscard]] double used(double held) const { return std::min(held, problem_.max_job_share); }

    /// Time until the retraining's share can be taken away.
    [[nodiscard]] Seconds needed(std::size_t v) const {
        const double share = used(retraining_[v]);
        if (share <= 0) return std::numeric_limits<double>::infinity();
        return left_[v] / share;
    }

    /// Runs to the next completion. @return whether there is one
    bool step() {
        Seconds lasts = std::numeric_limits<double>::infinity();
        for (const std::size_t v : running_) lasts = std::min(lasts, needed(v));
        if (!(now_ + lasts <= end_ * (1 + rounding))) return false;
        std::vector<std::size_t> still;
        double freed = 0;
        for (const std::size_t v : running_) {
            if (needed(v) <= lasts * (1 + simultaneous)) {
                freed += std::exchange(retraining_[v], 0);
            } else {
                left_[v] -= used(retraining_[v]) * lasts;
                still.push_back(v);
            }
        }
        running_ = std::move(still);
        now_ = std::min(now_ + lasts, end_);
        hand_out(freed);
        record();
        return true;
    }

    void hand_out(double freed) {
        const double each = freed / static_cast<double>(inference_.size() + running_.size());
        for (double& share : inference_) share += each;
        for (const std::size_t v : running_) retraining_[v] += each;
    }

    void record() {
        for (std::size_t v = 0; v < decisions_.size(); ++v)
            decisions_[v].steps.push_back({now_, used(inference_[v]), used(retraining_[v])});
    }

    const ScheduleProblem& problem_;
    Seconds end_, now_ = 0;
    std::vector<double> inference_, retraining_,
        left_;                          ///< per stream: shares held, device-seconds still to do
    std::vector<std::size_t> running_;  ///< streams under retraining, by name
    std::vector<StreamDecision> decisions_;
};

}  // namespace

std::vector<StreamDecision> redistribute_equally(const ScheduleProblem& problem,
                                                 std::vector<InitialJobs> jobs) {
    for (;;) {
        Course course(problem, jobs);
        if (course.unfinished().empty()) return course.take();
        // Each that goes leaves fewer heirs: the others end the sooner.
        for (const std::size_t v : course.unfinished()) jobs[v].retraining = nullptr;
    }
}

}  // namespace ekya
