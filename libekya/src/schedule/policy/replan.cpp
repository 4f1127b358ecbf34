#include "policy/replan.hpp"

#include <vector>

#include "ekya/schedule/plan/rest_of_window.hpp"
#include "ekya/schedule/plan/timeline.hpp"
#include "plan/finish_plan.hpp"

namespace ekya {
namespace {

class Rerun {
public:
    Rerun(const ScheduleProblem& problem,
          const std::function<Plan(const ScheduleProblem&)>& planner)
        : problem_(problem),
          planner_(planner),
          timeline_(problem.streams.size(), problem.horizon, problem.max_job_share),
          retraining_(problem.streams.size()) {}

    std::vector<StreamDecision> run() {
        do {
            const Plan plan = planner_(rest());
            for (std::size_t v = 0; v < timeline_.streams(); ++v) follow(v, plan.streams[v]);
        } while (!timeline_.advance(problem_.horizon).empty() && !timeline_.over());
        std::vector<StreamDecision> decisions;
        for (std::size_t v = 0; v < timeline_.streams(); ++v)
            decisions.push_back({retraining_[v], timeline_.steps(v)});
        return decisions;
    }

private:
    /// Takes the plan's first shares for stream v from now on.
    void follow(std::size_t v, const StreamPlan& plan) {
        PlanStep step = plan.steps.front();
        if (!plan.retraining) step.retraining_share = 0;
        if (plan.retraining && !retraining_[v]) {
            retraining_[v] = find_retraining(problem_.streams[v], plan.retraining->config,
                                             plan.retraining->name);
            timeline_.begin(v, retraining_[v]->device_seconds);
        }
        timeline_.hold(v, {0, step.inference_share, step.retraining_share});
    }

    /// What is left to plan.
    [[nodiscard]] ScheduleProblem rest() const {
        using Kind = RetrainingState::Kind;
        std::vector<RetrainingState> states;
        for (std::size_t v = 0; v < timeline_.streams(); ++v)
            if (retraining_[v])
                states.push_back({problem_.streams[v].stream,
                                  timeline_.left(v) > 0 ? Kind::running : Kind::done,
                                  retraining_[v]->id(), timeline_.left(v)});
        return rest_of_window(problem_, timeline_.now(), states);
    }

    const ScheduleProblem& problem_;
    const std::function<Plan(const ScheduleProblem&)>& planner_;
    Timeline timeline_;
    std::vector<const RetrainingOption*> retraining_;  ///< the streams'; null = none chosen yet
};

}  // namespace

Plan plan_with_reruns(const ScheduleProblem& problem, const std::string& policy,
                      const std::function<Plan(const ScheduleProblem&)>& planner) {
    return finish_plan(problem, policy, Rerun(problem, planner).run());
}

}  // namespace ekya
