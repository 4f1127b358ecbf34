#include "ekya/schedule/plan/rest_of_window.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using Kind = RetrainingState::Kind;

const RetrainingOption& estimate_of(const PlanningInput& stream, const std::string& id) {
    const auto found = std::find_if(stream.retraining.begin(), stream.retraining.end(),
                                    [&](const auto& entry) { return entry.id() == id; });
    if (found == stream.retraining.end())
        throw DomainError("config: the estimate has no configuration \"" + id + "\"");
    return *found;
}

void apply(const RetrainingState& state, PlanningInput& stream) {
    if (state.kind == Kind::waiting) return;
    if (state.kind == Kind::running) {
        require_in_range("left", state.left, 1e-300, 1e12);
        RetrainingOption running = estimate_of(stream, state.config);
        running.device_seconds = state.left;
        stream.retraining = {running};
    } else {
        if (state.kind == Kind::done)
            stream.accuracy =
                state.accuracy ? *state.accuracy : estimate_of(stream, state.config).accuracy;
        require_in_range("accuracy", stream.accuracy, 0, 1);
        stream.retraining.clear();
    }
    stream.cached.clear();  // what serves is decided
}

}  // namespace

ScheduleProblem rest_of_window(const ScheduleProblem& problem, Seconds elapsed,
                               std::span<const RetrainingState> states,
                               std::span<const InferenceCost> costs) {
    require_in_range("elapsed", elapsed, 0, problem.horizon * (1 - 1e-9));
    ScheduleProblem rest = problem;
    rest.horizon = problem.horizon - elapsed;
    const auto with_stream = [&rest](const std::string& id, auto&& work) {
        with_context("stream " + id, [&] {
            const auto stream = std::find_if(rest.streams.begin(), rest.streams.end(),
                                             [&](const auto& s) { return s.stream == id; });
            if (stream == rest.streams.end())
                throw DomainError("stream: is not among the estimates");
            work(*stream);
        });
    };
    for (const auto& state : states)
        with_stream(state.stream, [&](auto& stream) { apply(state, stream); });
    for (const auto& cost : costs)
        with_stream(cost.stream, [&](auto& stream) {
            require_in_range("factor", cost.factor, 1e-3, 1e3);
            for (auto& entry : stream.inference) entry.share *= cost.factor;
        });
    return rest;
}

}  // namespace ekya
