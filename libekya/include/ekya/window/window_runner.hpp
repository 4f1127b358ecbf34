#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/retraining_record.hpp"
#include "ekya/schedule/plan_window.hpp"
#include "ekya/window/retraining_log.hpp"
#include "ekya/window/serving.hpp"
#include "ekya/window/window_jobs.hpp"
#include "ekya/window/window_runtime.hpp"

namespace ekya {

/// One retraining window to run.
struct WindowOptions {
    int window = 0;                    ///< its number
    std::vector<std::string> streams;  ///< with window - 1 stored and a model that serves
    Seconds length = 0;                ///< of the window on the clock; > 0
    Seconds left = 0;                  ///< of it, when run() is called; in (0, length]
    PlanSettings plan;                 ///< policy, devices, a_MIN, what one job can use
    bool label_and_profile = true;     ///< false: planning inputs are there already
    std::optional<Plan> given = {};    ///< a plan to follow first instead of one of the policy
    std::optional<double> profile_budget = {};  ///< device-seconds of each stream, 0 = no limit;
                                                ///< none: together a twentieth of the window's
    int jobs_at_once = 1;  ///< profiling jobs that have a core for each of their threads
    bool jobs_take_from_inference = true;  ///< label and profile run on the devices of inference
    double inference_overhead = 0;  ///< share of each inference that no planning input holds; >= 0
};

/// What a window tells while it runs. Each may be empty.
struct WindowHooks {
    std::function<void()> check;                  ///< often; may throw to end the window
    std::function<void(const std::string&)> say;  ///< for people
    std::function<void(const Plan&)> on_plan;     ///< the first one, then each new one
    std::function<void(const RetrainingRecord&)> on_retraining;  ///< whenever it has changed
};

/// What came of a window.
struct WindowOutcome {
    std::map<std::string, std::string> failed;  ///< streams, and why
    std::vector<RetrainingRecord> retrainings;  ///< planned ones, by stream
};

/// Runs one retraining window, from "window - 1 is stored" to "what came of it is recorded": labels
/// a sample, profiles, plans, and follows the plan: retrainings start, get other shares, are
/// paused, ended early or skipped; finished models are handed over; the rest of the window is
/// planned anew when a retraining has ended or is late, or inference falls behind. It decides all
/// that is decided in a window, and touches nothing but through its clock, jobs and serving: a
/// window that is simulated or replayed runs the same code. Source: Ekya §4.2: the scheduler "runs
/// at the start of each window and whenever a retraining ends".
class WindowRunner {
public:
    WindowRunner(WindowOptions options, Clock& clock, WindowJobs& jobs, Serving& serving,
                 WindowHooks hooks);

    /// Runs the window until all its jobs have ended.
    /// @throws what hooks.check throws; DomainError if it cannot be planned
    [[nodiscard]] WindowOutcome run();

private:
    void share_out();
    void label();
    void profile();
    void plan();
    void serve_cached(const StreamPlan& stream);
    void start_elsewhere(const StreamPlan& stream);
    void follow();

    [[nodiscard]] double preparation_share(int jobs) const;
    [[nodiscard]] double budget_of_each(std::size_t streams, int groups) const;
    void run_jobs(int running);
    void fail(const std::string& stream, const std::string& why);
    void drop_failed();

    void act(const PlanFollower::Due& due);
    void start(const RetrainingEvent& event);
    void order(const RetrainingEvent& event);
    void skip(const std::string& stream);
    void replan();
    void look_at_inference();
    void trained(const WindowJobEnd& end);
    void take_swaps();
    void conclude(const std::string& stream, RetrainingOutcome outcome, const std::string& why);
    [[nodiscard]] Seconds longest_wait() const;

    void read_clock() { now_ = std::max(clock_.now() - begun_, now_); }
    void say(const std::string& text) const {
        if (hooks_.say) hooks_.say(text);
    }

    WindowOptions o_;
    Clock& clock_;
    WindowJobs& jobs_;
    Serving& serving_;
    WindowHooks hooks_;
    Seconds begun_, now_ = 0;  ///< now_: since run() was called, read once for each look around
    Seconds planned_at_ = 0;   ///< when the first plan was made
    double reserve_ = 0;       ///< share that decoding takes
    double preparation_ = 0;   ///< share of labelling and profiling together
    ScheduleProblem problem_;  ///< of the first plan
    Plan plan_;                ///< that is followed now
    std::unique_ptr<WindowRuntime> runtime_;
    RetrainingLog log_;
    int running_ = 0;                              ///< retrainings
    std::set<std::string> elsewhere_;              ///< streams of those on other devices
    std::map<std::string, std::string> swapping_;  ///< stream -> model
    std::map<std::string, InferenceConfig> configured_;
    Seconds next_look_ = 0, settled_at_ = 0;
    WindowOutcome outcome_;
};

}  // namespace ekya
