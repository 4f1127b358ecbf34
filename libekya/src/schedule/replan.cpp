#include "replan.hpp"

#include <algorithm>
#include <vector>

#include "assemble_plan.hpp"
#include "ekya/schedule/rest_of_window.hpp"

namespace ekya {
namespace {

constexpr double rounding = 1e-9;

/// How far each stream is.
struct Progress {
    const RetrainingOption* retraining = nullptr;  ///< the stream's; null = none chosen yet
    double left = 0;                               ///< device-seconds
    bool done = false;
};

class Rerun {
public:
    Rerun(const ScheduleProblem& problem,
          const std::function<Plan(const ScheduleProblem&)>& planner)
        : problem_(problem),
          planner_(planner),
          progress_(problem.streams.size()),
          decisions_(problem.streams.size()) {}

    std::vector<StreamDecision> run() {
        while (step()) {}
        for (std::size_t v = 0; v < progress_.size(); ++v)
            decisions_[v].retraining = progress_[v].retraining;
        return std::move(decisions_);
    }

private:
    /// Plans from now to the next completion. @return whether there is one and time after it
    bool step() {
        const Plan plan = planner_(rest());
        Seconds lasts = problem_.horizon - now_;
        for (std::size_t v = 0; v < progress_.size(); ++v) start(v, plan.streams[v]);
        bool completes = false;
        for (std::size_t v = 0; v < progress_.size(); ++v) {
            if (share(v) <= 0) continue;
            const Seconds needed = progress_[v].left / share(v);
            if (needed > lasts) continue;
            lasts = needed;
            completes = true;
        }
        for (std::size_t v = 0; v < progress_.size(); ++v) {
            progress_[v].left -= share(v) * lasts;
            if (share(v) > 0 && progress_[v].left <= done_below_) progress_[v].done = true;
        }
        now_ += lasts;
        return completes && now_ < problem_.horizon * (1 - rounding);
    }

    /// Takes the plan's shares for stream v from now on.
    void start(std::size_t v, const StreamPlan& plan) {
        double retraining = 0;
        if (plan.retraining) {
            retraining = plan.steps.front().retraining_share;
            if (!progress_[v].retraining) {
                const auto* entry = find_retraining(problem_.streams[v], plan.retraining->config,
                                                    plan.retraining->name);
                progress_[v] = {entry, entry->device_seconds, false};
            }
        }
        decisions_[v].steps.push_back({now_, plan.steps.front().inference_share, retraining});
    }

    [[nodiscard]] double share(std::size_t v) const {
        return decisions_[v].steps.back().retraining_share;
    }

    /// What is left to plan.
    [[nodiscard]] ScheduleProblem rest() const {
        using Kind = RetrainingState::Kind;
        std::vector<RetrainingState> states;
        for (std::size_t v = 0; v < progress_.size(); ++v)
            if (progress_[v].retraining)
                states.push_back({problem_.streams[v].stream,
                                  progress_[v].done ? Kind::done : Kind::running,
                                  progress_[v].retraining->id(), progress_[v].left});
        return rest_of_window(problem_, now_, states);
    }

    const ScheduleProblem& problem_;
    const std::function<Plan(const ScheduleProblem&)>& planner_;
    std::vector<Progress> progress_;
    std::vector<StreamDecision> decisions_;
    double done_below_ = rounding * problem_.horizon;  ///< device-seconds
    Seconds now_ = 0;
};

}  // namespace

Plan plan_with_reruns(const ScheduleProblem& problem, const std::string& policy,
                      const std::function<Plan(const ScheduleProblem&)>& planner) {
    return finish_plan(problem, policy, Rerun(problem, planner).run());
}

}  // namespace ekya
