#include "replanned_run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/rest_of_window.hpp"
#include "ekya/schedule/window_runtime.hpp"

namespace ekya {
namespace {

constexpr double rounding = 1e-9;
constexpr double look = 0.002;   // part of the window after which it is looked at though nothing is due: something may be late

StreamEstimate& stream_of(ScheduleProblem& problem, const std::string& id) {
    const auto found = std::find_if(problem.streams.begin(), problem.streams.end(), [&](const auto& stream) { return stream.stream == id; });
    if (found == problem.streams.end()) throw DomainError("stream " + id + ": its truth is missing");
    return *found;
}

/// The most epochs of otherwise the same retraining that cost no more; null if there are none.
const RetrainingEstimate* shortened(const StreamEstimate& truth, const RetrainingEstimate& full, double device_seconds) {
    const RetrainingEstimate* most = nullptr;
    for (const auto& entry : truth.retraining) {
        RetrainingConfig as_long = entry.config;
        as_long.epochs = full.config.epochs;
        const bool fits = entry.config.epochs < full.config.epochs && entry.device_seconds <= device_seconds * (1 + rounding);
        if (fits && as_long == full.config && (!most || entry.config.epochs > most->config.epochs)) most = &entry;
    }
    return most;
}

/// What all jobs hold over time, and how far the retrainings really are.
class Course {
public:
    Course(const Plan& first, ScheduleProblem truth) : run_{first, std::move(truth)} {
        for (auto& stream : run_.course.streams) {
            stream.steps = {stream.steps.front()};
            stream.steps.front().retraining_share = 0;
            stream.retraining.reset();
        }
        jobs_.resize(run_.course.streams.size());
    }

    void follow(const PlanFollower::Due& due, const Plan& plan, WindowRuntime& runtime) {
        for (const auto& event : due.events) {
            const std::size_t v = place_of(event.stream);
            if (event.kind == RetrainingEvent::Kind::start) start(v, plan.streams[v]);
            if (event.kind == RetrainingEvent::Kind::start || event.kind == RetrainingEvent::Kind::share) step(v).retraining_share = event.share;
            if (event.kind != RetrainingEvent::Kind::finish || !jobs_[v].truth) continue;
            finish(v);
            runtime.ended(event.stream, true);
        }
        for (const auto& change : due.changes) {
            PlanStep& now = step(place_of(change.stream));
            now.inference_share = std::min(change.share, run_.truth.max_job_share);
            now.inference = change.inference;
        }
    }

    /// When the next retraining really ends, if all shares stay; infinite if none does.
    [[nodiscard]] Seconds next_end() const {
        Seconds next = std::numeric_limits<double>::infinity();
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth && share(v) > 0) next = std::min(next, now_ + std::max(left(v), 0.0) / share(v));
        return next;
    }

    void go_on(Seconds until, WindowRuntime& runtime) {
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth) jobs_[v].done += share(v) * (until - now_);
        now_ = until;
        for (std::size_t v = 0; v < jobs_.size(); ++v) {
            if (!jobs_[v].truth || left(v) > rounding * jobs_[v].truth->device_seconds) continue;
            end(v);
            runtime.ended(run_.course.streams[v].stream, true);
        }
    }

    [[nodiscard]] Seconds now() const { return now_; }

    /// What still runs at the end of the window comes to its end there: training ends itself in time.
    [[nodiscard]] ReplannedRun close() && {
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth) finish(v);
        return std::move(run_);
    }

    void add(const Plan& plan) {
        run_.course.decision_seconds += plan.decision_seconds;
        auto& known = run_.course.violations;
        for (const auto& violation : plan.violations)
            if (std::find(known.begin(), known.end(), violation) == known.end()) known.push_back(violation);
    }

private:
    struct Job {
        RetrainingEstimate* truth = nullptr;   ///< of what runs; null = nothing does
        double done = 0;                       ///< device-seconds
    };

    [[nodiscard]] std::size_t place_of(const std::string& id) const {
        const auto& streams = run_.course.streams;
        return static_cast<std::size_t>(std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.stream == id; }) - streams.begin());
    }
    /// What a stream holds from now on, to be changed.
    PlanStep& step(std::size_t v) {
        auto& steps = run_.course.streams[v].steps;
        if (steps.back().start < now_) {
            steps.push_back(steps.back());
            steps.back().start = now_;
        }
        return steps.back();
    }
    [[nodiscard]] double share(std::size_t v) const { return std::min(run_.course.streams[v].steps.back().retraining_share, run_.truth.max_job_share); }
    [[nodiscard]] double left(std::size_t v) const { return jobs_[v].truth->device_seconds - jobs_[v].done; }

    void start(std::size_t v, const StreamPlan& planned) {
        StreamPlan& stream = run_.course.streams[v];
        stream.retraining = planned.retraining;
        stream.retraining->start_seconds = now_;
        auto& truth = stream_of(run_.truth, stream.stream);
        const auto* found = find_retraining(truth, planned.retraining->config, planned.retraining->name);
        if (!found) throw DomainError("stream " + stream.stream + ": has no retraining configuration " + planned.retraining->id());
        jobs_[v] = {&truth.retraining[static_cast<std::size_t>(found - truth.retraining.data())], 0};
    }
    void end(std::size_t v) {
        step(v).retraining_share = 0;
        jobs_[v] = {};
    }
    /// It ends now with what it has. A score counts it as complete when it has used what it costs, so this is what it does cost.
    void finish(std::size_t v) {
        const auto& truth = stream_of(run_.truth, run_.course.streams[v].stream);
        RetrainingEstimate& entry = *jobs_[v].truth;
        const auto* has = shortened(truth, entry, jobs_[v].done);
        if (!has || jobs_[v].done <= 0) {
            run_.course.streams[v].retraining.reset();
        } else {
            entry.accuracy = has->accuracy;
            entry.device_seconds = jobs_[v].done;
        }
        end(v);
    }

    ReplannedRun run_;
    std::vector<Job> jobs_;   ///< by stream of the plan
    Seconds now_ = 0;
};

}  // namespace

ReplannedRun run_replanned(const ScheduleProblem& predicted, ScheduleProblem truth, const RestPlanner& planner) {
    Plan plan = planner(predicted);
    const Seconds horizon = plan.horizon;
    Course course(plan, std::move(truth));
    WindowRuntime runtime(plan);
    while (true) {
        course.follow(runtime.advance(course.now()), plan, runtime);
        if (runtime.wants_plan(course.now())) {
            const auto request = runtime.request(course.now(), {});
            plan = planner(rest_of_window(predicted, course.now(), request.retrainings, request.inference));
            course.add(plan);
            runtime.take(plan, course.now());
            continue;
        }
        if (runtime.done() || course.now() >= horizon) return std::move(course).close();
        const Seconds later = course.now() + look * horizon;
        const Seconds due = std::max(runtime.next().value_or(later), course.now() + 1e-3 * look * horizon);
        course.go_on(std::min({course.next_end(), due, later, horizon}), runtime);
    }
}

}  // namespace ekya
