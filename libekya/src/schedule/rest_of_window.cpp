#include "ekya/schedule/rest_of_window.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using Kind = RetrainingState::Kind;

const RetrainingEstimate& estimate_of(const StreamEstimate& stream, const std::string& id) {
    const auto found = std::find_if(stream.retraining.begin(), stream.retraining.end(), [&](const auto& entry) { return entry.id() == id; });
    if (found == stream.retraining.end()) throw DomainError("config: the estimate has no configuration \"" + id + "\"");
    return *found;
}

void apply(const RetrainingState& state, StreamEstimate& stream) {
    if (state.kind == Kind::waiting) return;
    if (state.kind == Kind::running) {
        require_in_range("left", state.left, 1e-300, 1e12);
        RetrainingEstimate running = estimate_of(stream, state.config);
        running.device_seconds = state.left;
        stream.retraining = {running};
    } else {
        if (state.kind == Kind::done) stream.accuracy = state.accuracy ? *state.accuracy : estimate_of(stream, state.config).accuracy;
        require_in_range("accuracy", stream.accuracy, 0, 1);
        stream.retraining.clear();
    }
    stream.cached.clear();   // what serves is decided
}

}  // namespace

ScheduleProblem rest_of_window(const ScheduleProblem& problem, Seconds elapsed, std::span<const RetrainingState> states) {
    require_in_range("elapsed", elapsed, 0, problem.horizon * (1 - 1e-9));
    ScheduleProblem rest = problem;
    rest.horizon = problem.horizon - elapsed;
    for (const auto& state : states)
        with_context("stream " + state.stream, [&] {
            const auto stream = std::find_if(rest.streams.begin(), rest.streams.end(), [&](const auto& s) { return s.stream == state.stream; });
            if (stream == rest.streams.end()) throw DomainError("stream: is not among the estimates");
            apply(state, *stream);
        });
    return rest;
}

}  // namespace ekya
