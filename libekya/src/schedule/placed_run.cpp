#include "placed_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/schedule/inference_choice.hpp"

namespace ekya {
namespace {

constexpr Seconds never = std::numeric_limits<Seconds>::infinity();
/// A step that was made for a retraining's end may lie a rounding error beside it. In parts of the
/// horizon.
constexpr double same_instant = 1e-7;
constexpr double rounding = 1e-9;

/// Where one stream is.
struct State {
    std::size_t step = 0;  ///< of the plan, in force
    std::vector<std::vector<std::size_t>>
        waits;  ///< per step of the plan: streams whose retraining it waits for
    PackedJob inference, retraining;
    double left = 0;    ///< of the retraining, in device-seconds
    bool done = false;  ///< the retraining has ended
    bool late = false;  ///< the retraining is behind the plan: its end follows from what is left
    bool fresh = true;  ///< the step in force has just been taken
};

class PlacedRun {
public:
    PlacedRun(const ScheduleProblem& problem, const std::vector<PlacedStream>& streams)
        : problem_(problem), streams_(streams), states_(streams.size()) {
        course_.steps.resize(streams.size());
        for (std::size_t v = 0; v < streams.size(); ++v) {
            if (streams[v].retraining) states_[v].left = streams[v].retraining->device_seconds;
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
        advance(std::max(now_, problem_.horizon));
        for (std::size_t v = 0; v < streams_.size(); ++v)
            if (streams_[v].retraining && !states_[v].done) course_.unfinished.push_back(v);
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
                   std::abs(streams_[w].end - instant) <= same_instant * problem_.horizon;
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

    /// When the stream's retraining ends if nothing changes before.
    [[nodiscard]] Seconds retraining_ends(std::size_t v) const {
        const State& state = states_[v];
        if (!streams_[v].retraining || state.done) return never;
        if (!state.late) return streams_[v].end;
        if (state.retraining.share <= 0) return never;
        const Seconds end = now_ + state.left / state.retraining.share;
        return end <= problem_.horizon ? end : never;
    }

    [[nodiscard]] Seconds next_event() const {
        Seconds next = never;
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            next = std::min(next, retraining_ends(v));
            const std::size_t step = states_[v].step + 1;
            if (step >= steps(v).size()) continue;
            // The time of a step that has to wait is an event too: from then on the stream is late.
            if (steps(v)[step].start > now_ || next_step_is_free(v))
                next = std::min(next, std::max(steps(v)[step].start, now_));
        }
        return next;
    }

    void advance(Seconds next) {
        const Seconds lasts = next - now_;
        const Seconds counts = std::min(next, problem_.horizon) - std::min(now_, problem_.horizon);
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            State& state = states_[v];
            for (const auto* job : {&state.inference, &state.retraining}) {
                course_.granted += job->want * counts;
                course_.lost += (job->want - job->share) * counts;
            }
            // A late one ends only where it is complete, within what scoring takes for rounding.
            const Seconds tolerance = (state.late ? rounding / 2 : same_instant) * problem_.horizon;
            const bool ends = retraining_ends(v) <= next + tolerance;
            state.left = std::max(state.left - state.retraining.share * lasts, 0.0);
            if (ends) state.done = true;
        }
        now_ = next;
    }

    /// Takes the steps whose time has come, and notes which streams they make late.
    void take_steps() {
        Seconds latest = 0;
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            State& state = states_[v];
            state.fresh = false;
            while (next_step_is_free(v) && steps(v)[state.step + 1].start <= now_) {
                ++state.step;
                state.fresh = true;
                latest = std::max(latest, steps(v)[state.step].start);
            }
            if (state.step + 1 < steps(v).size() && steps(v)[state.step + 1].start <= now_)
                fall_behind(v);
        }
        // The planned instant, not that of a retraining's end a rounding error later.
        if (course_.as_planned && latest > 0) now_ = std::max(recorded_, latest);
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
        recorded_ = now_;
    }

    /// Notes the stream's shares and devices from now on, if they or the step of the plan have
    /// changed.
    void record(std::size_t v) {
        const State& state = states_[v];
        const bool planned_step = state.fresh && course_.as_planned;
        PlanStep step = steps(v)[state.step];
        if (!planned_step) step.start = now_;
        step.inference_share = state.inference.share;
        step.retraining_share = state.retraining.share;
        step.inference_gpu = state.inference.gpu;
        step.retraining_gpu = state.retraining.gpu;
        auto& recorded = course_.steps[v];
        if (!recorded.empty()) {
            PlanStep last = recorded.back();
            last.start = step.start;
            if (last == step && !planned_step) return;
            if (recorded.back().start == step.start) recorded.pop_back();
        }
        recorded.push_back(step);
    }

    const ScheduleProblem& problem_;
    const std::vector<PlacedStream>& streams_;
    std::vector<State> states_;
    PlacedCourse course_;
    Seconds now_ = 0, recorded_ = 0;  ///< recorded_: of the last event
};

}  // namespace

PlacedCourse run_placed(const ScheduleProblem& problem, const std::vector<PlacedStream>& streams) {
    return PlacedRun(problem, streams).run();
}

}  // namespace ekya
