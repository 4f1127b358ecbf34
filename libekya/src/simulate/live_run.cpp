#include "live_run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/rest_of_window.hpp"
#include "ekya/schedule/window_runtime.hpp"

namespace ekya {
namespace {

constexpr double rounding = 1e-9;
constexpr double look = 0.002;  // part of the window after which it is looked at though nothing is
                                // due: something may be late
constexpr Seconds never = std::numeric_limits<double>::infinity();

template <typename Streams> auto& stream_of(Streams& streams, const std::string& id) {
    const auto found = std::find_if(streams.begin(), streams.end(),
                                    [&](const auto& stream) { return stream.stream == id; });
    if (found == streams.end()) throw DomainError("stream " + id + ": is missing");
    return *found;
}

/// The most epochs of otherwise the same retraining that cost no more; null if there are none.
const RetrainingOption* shortened(const PlanningInput& truth, const RetrainingOption& full,
                                  double device_seconds) {
    const RetrainingOption* most = nullptr;
    for (const auto& entry : truth.retraining) {
        RetrainingConfig as_long = entry.config;
        as_long.epochs = full.config.epochs;
        const bool fits = entry.config.epochs < full.config.epochs &&
                          entry.device_seconds <= device_seconds * (1 + rounding);
        if (fits && as_long == full.config && (!most || entry.config.epochs > most->config.epochs))
            most = &entry;
    }
    return most;
}

/// What all jobs hold over time, and how far the retrainings really are.
class Course {
public:
    Course(const Plan& first, std::vector<PlanningInput> truth, double max_job_share)
        : run_{first, std::move(truth), std::vector<std::string>(first.streams.size())},
          jobs_(first.streams.size()),
          max_job_share_(max_job_share) {
        for (auto& stream : run_.course.streams) {
            stream.steps = {stream.steps.front()};
            stream.steps.front().retraining_share = 0;
            stream.retraining.reset();
        }
    }

    void follow(const PlanFollower::Due& due, const Plan& plan, WindowRuntime& runtime) {
        for (const auto& event : due.events) {
            const std::size_t v = place_of(event.stream);
            if (event.kind == RetrainingEvent::Kind::start)
                start(v, stream_of(plan.streams, event.stream));
            if (event.kind == RetrainingEvent::Kind::start ||
                event.kind == RetrainingEvent::Kind::share)
                step(v).retraining_share = event.share;
            if (event.kind == RetrainingEvent::Kind::finish && jobs_[v].truth)
                runtime.ended(event.stream, finish(v));
        }
        for (const auto& change : due.changes) {
            PlanStep& now = step(place_of(change.stream));
            now.inference_share = change.share;
            now.inference = change.inference;
        }
    }

    /// When the next retraining really ends, if all shares stay; infinite if none does.
    [[nodiscard]] Seconds next_end() const {
        Seconds next = never;
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth && share(v) > 0) next = std::min(next, now_ + left(v) / share(v));
        return next;
    }

    void go_on(Seconds until, WindowRuntime& runtime) {
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth) jobs_[v].done += share(v) * (until - now_);
        now_ = until;
        // What would end at once has ended: so little time may be lost in rounding.
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth && left(v) <= rounding * (jobs_[v].truth->device_seconds +
                                                         share(v) * run_.course.horizon)) {
                runtime.ended(run_.course.streams[v].stream, true);
                end(v, now_);
            }
    }

    [[nodiscard]] Seconds now() const { return now_; }
    void add_decision(Seconds seconds) { run_.course.decision_seconds += seconds; }

    /// At the end of the window: training that runs has shortened itself to end in time, one that
    /// is paused is stopped.
    [[nodiscard]] LiveRun close() && {
        for (std::size_t v = 0; v < jobs_.size(); ++v)
            if (jobs_[v].truth && share(v) > 0) (void)finish(v);
        return std::move(run_);
    }

private:
    struct Job {
        RetrainingOption* truth = nullptr;  ///< of what runs; null = nothing does
        double done = 0;                    ///< device-seconds
    };

    [[nodiscard]] std::size_t place_of(const std::string& id) const {
        return static_cast<std::size_t>(&stream_of(run_.course.streams, id) -
                                        run_.course.streams.data());
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
    [[nodiscard]] double share(std::size_t v) const {
        return std::min(run_.course.streams[v].steps.back().retraining_share, max_job_share_);
    }
    [[nodiscard]] double left(std::size_t v) const {
        return std::max(jobs_[v].truth->device_seconds - jobs_[v].done, 0.0);
    }

    void start(std::size_t v, const StreamPlan& planned) {
        auto& truth = stream_of(run_.truth, planned.stream);
        const auto* found =
            find_retraining(truth, planned.retraining->config, planned.retraining->name);
        if (!found)
            throw DomainError("stream " + planned.stream + ": has no retraining configuration " +
                              planned.retraining->id());
        jobs_[v] = {&truth.retraining[static_cast<std::size_t>(found - truth.retraining.data())],
                    0};
        auto& retraining = run_.course.streams[v].retraining = planned.retraining;
        retraining->start_seconds = now_;
        retraining->expected_seconds = never;
    }
    void end(std::size_t v, Seconds serves) {
        run_.course.streams[v].retraining->expected_seconds = serves;
        step(v).retraining_share = 0;
        jobs_[v] = {};
    }
    /// It ends now with what it has. @return whether that is a model
    bool finish(std::size_t v) {
        RetrainingOption& entry = *jobs_[v].truth;
        const auto* has =
            shortened(stream_of(run_.truth, run_.course.streams[v].stream), entry, jobs_[v].done);
        if (has) {
            entry.accuracy = has->accuracy;
            run_.counted_as[v] = has->id();
        }
        end(v, has ? now_ : never);
        return has != nullptr;
    }

    LiveRun run_;
    std::vector<Job> jobs_;  ///< by stream of the plan
    double max_job_share_;
    Seconds now_ = 0;
};

}  // namespace

LiveRun run_as_live(const ScheduleProblem& predicted, std::vector<PlanningInput> truth,
                    const RestPlanner& planner) {
    Plan plan = planner(predicted);
    const Seconds horizon = plan.horizon;
    Course course(plan, std::move(truth), predicted.max_job_share);
    WindowRuntime runtime(plan, WindowRuntime::Spare::unused);
    while (true) {
        course.follow(runtime.advance(course.now()), plan, runtime);
        if (runtime.wants_plan(course.now())) {
            const auto request = runtime.request(course.now(), {});
            plan = planner(
                rest_of_window(predicted, course.now(), request.retrainings, request.inference));
            course.add_decision(plan.decision_seconds);
            runtime.take(plan, course.now());
            continue;
        }
        if (runtime.done() || course.now() >= horizon) return std::move(course).close();
        const Seconds later = course.now() + look * horizon;
        const Seconds due =
            std::max(runtime.next().value_or(later), course.now() + 1e-3 * look * horizon);
        course.go_on(std::min({course.next_end(), due, later, horizon}), runtime);
    }
}

std::vector<StreamScore> score_course(const ScheduleProblem& problem, const Plan& course) {
    const auto curves = inference_curves(problem);
    std::vector<StreamScore> scores;
    for (std::size_t v = 0; v < problem.streams.size(); ++v) {
        const auto& truth = problem.streams[v];
        const auto& stream = stream_of(course.streams, truth.stream);
        StreamSchedule schedule{nullptr, &stream.steps};
        if (const auto& retraining = stream.retraining) {
            schedule.retraining = find_retraining(truth, retraining->config, retraining->name);
            schedule.times =
                RetrainingTimes{retraining->start_seconds, retraining->expected_seconds};
        }
        scores.push_back(score_stream(problem, truth, *curves[v], schedule));
    }
    return scores;
}

}  // namespace ekya
