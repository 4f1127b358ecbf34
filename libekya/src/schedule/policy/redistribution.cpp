#include "policy/redistribution.hpp"

#include <algorithm>
#include <utility>

#include "ekya/schedule/plan/timeline.hpp"
#include "plan/stream_order.hpp"

namespace ekya {
namespace {

/// One way through the window, from completion to completion.
class Course {
public:
    Course(const ScheduleProblem& problem, const std::vector<InitialJobs>& jobs)
        : problem_(problem),
          jobs_(jobs),
          timeline_(jobs.size(), problem.horizon, problem.max_job_share) {
        for (std::size_t v = 0; v < jobs.size(); ++v) {
            const auto& [shares, retraining] = jobs[v];
            inference_.push_back(shares.inference + (retraining ? 0 : shares.retraining));
            retraining_.push_back(retraining ? shares.retraining : 0);
            if (retraining) timeline_.begin(v, retraining->device_seconds);
        }
        for (const std::size_t v : streams_by_name(problem))
            if (jobs[v].retraining) running_.push_back(v);
        hold();
        while (timeline_.next_end() <= problem.horizon * (1 + plan_tolerance)) {
            hand_out(timeline_.advance(problem.horizon));
            hold();
        }
    }

    /// Streams whose retraining does not end within the horizon.
    [[nodiscard]] const std::vector<std::size_t>& unfinished() const { return running_; }

    [[nodiscard]] std::vector<StreamDecision> decisions() const {
        std::vector<StreamDecision> decisions;
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            decisions.push_back({jobs_[v].retraining, timeline_.steps(v)});
        return decisions;
    }

private:
    void hand_out(const std::vector<std::size_t>& ended) {
        double freed = 0;
        for (const std::size_t v : ended) {
            freed += std::exchange(retraining_[v], 0);
            std::erase(running_, v);
        }
        const double each = freed / static_cast<double>(inference_.size() + running_.size());
        for (double& share : inference_) share += each;
        for (const std::size_t v : running_) retraining_[v] += each;
    }

    /// What exceeds max_job_share lies idle.
    void hold() {
        const auto used = [&](double held) { return std::min(held, problem_.max_job_share); };
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            timeline_.hold(v, {0, used(inference_[v]), used(retraining_[v])});
    }

    const ScheduleProblem& problem_;
    const std::vector<InitialJobs>& jobs_;
    Timeline timeline_;
    std::vector<double> inference_, retraining_;  ///< per stream: shares given
    std::vector<std::size_t> running_;            ///< streams under retraining, by name
};

}  // namespace

std::vector<StreamDecision> redistribute_equally(const ScheduleProblem& problem,
                                                 std::vector<InitialJobs> jobs) {
    for (;;) {
        Course course(problem, jobs);
        if (course.unfinished().empty()) return course.decisions();
        // Each that goes leaves fewer heirs: the others end the sooner.
        for (const std::size_t v : course.unfinished()) jobs[v].retraining = nullptr;
    }
}

}  // namespace ekya
