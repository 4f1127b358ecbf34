#include "place/placed_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/schedule/plan/inference_choice.hpp"
#include "ekya/schedule/plan/timeline.hpp"

namespace ekya {
namespace {

constexpr Seconds never = std::numeric_limits<Seconds>::infinity();

/// Where one stream is.
struct State {
    std::size_t step = 0;  ///< of the plan, in force
    std::vector<std::vector<std::size_t>>
        waits;  ///< per step of the plan: streams whose retraining it waits for
    PackedJob inference, retraining;
    bool done = false;  ///< the retraining has ended
    bool late = false;  ///< the retraining is behind the plan
    bool fresh = true;  ///< the step in force has just been taken
};

class PlacedRun {
public:
    PlacedRun(const ScheduleProblem& problem, const std::vector<PlacedStream>& streams)
        : problem_(problem),
          streams_(streams),
          states_(streams.size()),
          timeline_(streams.size(), problem.horizon, problem.max_job_share) {
        for (std::size_t v = 0; v < streams.size(); ++v) {
            if (streams[v].retraining) timeline_.begin(v, streams[v].retraining->device_seconds);
            if (streams[v].left_out) course_.as_planned = false;
            for (const auto& step : steps(v)) states_[v].waits.push_back(waits_for(v, step.start));
        }
    }

    PlacedCourse run() {
        place();
        for (Seconds next = next_event(); next < never; next = next_event()) {
            advance(next);
            take_steps();
            place();
        }
        advance(std::max(timeline_.now(), problem_.horizon));
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            course_.steps.push_back(timeline_.steps(v));
            if (streams_[v].retraining && !states_[v].done) course_.unfinished.push_back(v);
        }
        return std::move(course_);
    }

private:
    [[nodiscard]] const std::vector<PlanStep>& steps(std::size_t v) const {
        return streams_[v].plan->steps;
    }

    /// A stream's own retraining if it ends at this instant of the plan, else all that do.
    [[nodiscard]] std::vector<std::size_t> waits_for(std::size_t v, Seconds instant) const {
        const auto ends_then = [&](std::size_t w) {
            return streams_[w].retraining &&
                   std::abs(streams_[w].end - instant) <= plan_tolerance * problem_.horizon;
        };
        if (ends_then(v)) return {v};
        std::vector<std::size_t> waits;
        for (std::size_t w = 0; w < streams_.size(); ++w)
            if (ends_then(w)) waits.push_back(w);
        return waits;
    }

    [[nodiscard]] bool next_step_is_free(std::size_t v) const {
        const State& state = states_[v];
        if (state.step + 1 >= steps(v).size()) return false;
        const auto& waits = state.waits[state.step + 1];
        return std::all_of(waits.begin(), waits.end(),
                           [&](std::size_t w) { return states_[w].done; });
    }

    [[nodiscard]] Seconds next_event() const {
        Seconds next = timeline_.next_end();
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            const std::size_t step = states_[v].step + 1;
            if (step >= steps(v).size()) continue;
            // The time of a step that has to wait is an event too: from then on the stream is late.
            const Seconds start = steps(v)[step].start;
            if (start > timeline_.now()) next = std::min(next, start);
        }
        return next;
    }

    void advance(Seconds next) {
        const Seconds before = std::min(timeline_.now(), problem_.horizon);
        for (const std::size_t v : timeline_.advance(next)) states_[v].done = true;
        const Seconds counts = std::min(timeline_.now(), problem_.horizon) - before;
        for (const State& state : states_)
            for (const auto* job : {&state.inference, &state.retraining}) {
                course_.granted += job->want * counts;
                course_.lost += (job->want - job->share) * counts;
            }
    }

    /// Takes the steps whose time has come, and notes which streams they make late.
    void take_steps() {
        const auto is_due = [&](std::size_t v) {
            const std::size_t next = states_[v].step + 1;
            return next < steps(v).size() && steps(v)[next].start <= timeline_.now();
        };
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            State& state = states_[v];
            state.fresh = false;
            while (is_due(v) && next_step_is_free(v)) {
                ++state.step;
                state.fresh = true;
            }
            if (is_due(v)) fall_behind(v);
        }
    }

    void fall_behind(std::size_t v) {
        course_.as_planned = false;
        if (!states_[v].done) states_[v].late = true;
    }

    /// What the plan grants the stream now.
    void set_wants(std::size_t v) {
        const PlanStep& step = steps(v)[states_[v].step];
        State& state = states_[v];
        state.inference.want = step.inference_share;
        state.retraining.want = state.late && state.done ? 0 : step.retraining_share;
        if (streams_[v].left_out) {
            const double most = std::max(step.inference_share,
                                         step_after_retraining(*streams_[v].plan).inference_share);
            state.inference.want = std::min(step.inference_share + step.retraining_share, most);
            state.retraining.want = 0;
        }
        PackedJob& job = state.inference;
        job.curve = streams_[v].curve.get();
        job.model_accuracy = state.done ? streams_[v].retraining->accuracy : streams_[v].accuracy;
        const bool holds = holds_min_accuracy(
            job.model_accuracy, job.curve->relative_accuracy(job.want), problem_.min_accuracy);
        const double relative =
            job.model_accuracy > 0 ? problem_.min_accuracy / job.model_accuracy : 0;
        job.needs = holds ? std::min(job.curve->share_for(relative), job.want) : 0;
    }

    void place() {
        std::vector<PackedJob> jobs;
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            set_wants(v);
            jobs.push_back(states_[v].inference);
            jobs.push_back(states_[v].retraining);
        }
        pack_jobs(jobs, static_cast<int>(std::round(problem_.gpus)));
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            State& state = states_[v];
            state.inference = jobs[2 * v];
            state.retraining = jobs[2 * v + 1];
            if (state.inference.share < state.inference.want) course_.as_planned = false;
            if (state.retraining.share < state.retraining.want) fall_behind(v);
        }
        for (std::size_t v = 0; v < streams_.size(); ++v) record(v);
    }

    /// Notes the stream's shares and devices from now on, if they or the step of the plan have
    /// changed.
    void record(std::size_t v) {
        const State& state = states_[v];
        PlanStep step = steps(v)[state.step];
        step.inference_share = state.inference.share;
        step.retraining_share = state.retraining.share;
        step.inference_gpu = state.inference.gpu;
        step.retraining_gpu = state.retraining.gpu;
        const auto& recorded = timeline_.steps(v);
        const bool planned_step = state.fresh && course_.as_planned;
        if (!recorded.empty() && !planned_step) {
            step.start = recorded.back().start;
            if (step == recorded.back()) return;
        }
        timeline_.hold(v, step);
    }

    const ScheduleProblem& problem_;
    const std::vector<PlacedStream>& streams_;
    std::vector<State> states_;
    Timeline timeline_;
    PlacedCourse course_;
};

}  // namespace

PlacedCourse run_placed(const ScheduleProblem& problem, const std::vector<PlacedStream>& streams) {
    return PlacedRun(problem, streams).run();
}

}  // namespace ekya
