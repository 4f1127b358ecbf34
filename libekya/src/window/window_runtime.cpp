#include "ekya/window/window_runtime.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using Kind = RetrainingState::Kind;

// Of its work, the part thought to be left of one that should have ended; doubles each time.
constexpr double late_part = 0.1;
constexpr std::int64_t few_frames = 2;
constexpr double behind_part = 0.1;  // of its frames, which inference may skip before it is behind
constexpr double most_cost = 4;      // times the estimate; what seems dearer has another cause
// Of the time left, which a training that shortens itself leaves some of for its swap.
constexpr double fits_part = 0.9;
constexpr double patience = 0.05;    // part of the window between two looks at lateness
constexpr double least_left = 1e-6;  // device-seconds
constexpr double no_limit = std::numeric_limits<double>::infinity();

}  // namespace

WindowRuntime::WindowRuntime(Plan plan, Plans plans)
    : plan_(std::move(plan)),
      // Counted is what a job is granted, be it more than it can use.
      timeline_(plan_.streams.size(), plan_.horizon, no_limit),
      plans_(plans) {
    for (const auto& stream : plan_.streams) {
        streams_.push_back({{stream.stream}});
        streams_.back().was_planned = stream.retraining && stream.retraining->share > 0;
    }
    follower_ = std::make_unique<PlanFollower>(plan_);
}

std::optional<std::size_t> WindowRuntime::find(const std::string& id) const {
    for (std::size_t v = 0; v < streams_.size(); ++v)
        if (streams_[v].state.stream == id) return v;
    return std::nullopt;
}

/// Past the ends that are expected: only ended() tells of real ones.
void WindowRuntime::move_to(Seconds now) {
    while (timeline_.now() < now) (void)timeline_.advance(now);
}

PlanFollower::Due WindowRuntime::advance(Seconds now) {
    move_to(now);
    auto due = follower_->advance(now - begun_);
    for (auto& event : due.events) {
        note(event);
        event.seconds += begun_;
    }
    hand_out_spare(due);
    return due;
}

double WindowRuntime::spare() const {
    if (plan_.gpus > 1 || plan_.streams.empty()) return 0;
    double held = follower_->retraining_share();
    for (std::size_t v = 0; v < plan_.streams.size(); ++v)
        held += follower_->inference_now(v).inference_share;
    return std::max(plan_.gpus - held, 0.0) / static_cast<double>(plan_.streams.size());
}

void WindowRuntime::hand_out_spare(PlanFollower::Due& due) {
    const double more = spare();
    for (std::size_t v = 0; v < plan_.streams.size(); ++v) {
        const std::string& id = plan_.streams[v].stream;
        const PlanStep& step = follower_->inference_now(v);
        const double share = step.inference_share + more;
        Stream& stream = streams_[*find(id)];
        auto change = std::find_if(due.changes.begin(), due.changes.end(),
                                   [&](const auto& c) { return c.stream == id; });
        if (change == due.changes.end() && std::abs(share - stream.inference_share) < 1e-3)
            continue;
        if (change == due.changes.end())
            change = due.changes.insert(change, {id, share, step.inference});
        change->share = stream.inference_share = share;
    }
}

void WindowRuntime::note(const RetrainingEvent& event) {
    const auto v = *find(event.stream);
    Stream& stream = streams_[v];
    timeline_.hold(v, {0, 0, event.share});
    if (event.kind == RetrainingEvent::Kind::skip) stream.state.kind = Kind::over;
    if (event.kind != RetrainingEvent::Kind::start) return;
    const auto& planned = *std::find_if(plan_.streams.begin(), plan_.streams.end(),
                                        [&](const auto& s) { return s.stream == event.stream; });
    stream.state.kind = Kind::running;
    stream.state.config = planned.retraining->id();
    stream.work = retraining_device_seconds(planned.steps, planned.retraining->expected_seconds);
    timeline_.begin(v, stream.work);
}

void WindowRuntime::ended(const std::string& id, bool swapped) {
    const auto v = find(id);
    if (!v || !runs(*v)) throw InputError("/stream: no retraining of \"" + id + "\" runs");
    streams_[*v].state.kind = swapped ? Kind::done : Kind::over;
    timeline_.hold(*v, {});
    timeline_.stop(*v);
    news_ = true;
    // One that a later plan left out is none of its follower's.
    const bool planned = std::any_of(
        plan_.streams.begin(), plan_.streams.end(),
        [&](const auto& s) { return s.stream == id && s.retraining && s.retraining->share > 0; });
    if (planned) follower_->ended(id);
}

bool WindowRuntime::is_late() const {
    for (std::size_t v = 0; v < streams_.size(); ++v)
        if (runs(v) && timeline_.left(v) <= 0) return true;
    return false;
}

void WindowRuntime::inference_did(const std::string& id, std::int64_t analysed,
                                  std::int64_t skipped) {
    const auto v = find(id);
    if (!v) throw InputError("/stream: \"" + id + "\" has no plan");
    Stream& stream = streams_[*v];
    // A frame now and then is lost to a hiccup, not for want of share.
    if (skipped < few_frames ||
        static_cast<double>(skipped) < behind_part * static_cast<double>(analysed + skipped))
        return;
    const double kept_up = static_cast<double>(std::max<std::int64_t>(analysed, 1)) /
                           static_cast<double>(analysed + skipped);
    const double cost = std::min(stream.inference_cost / kept_up, most_cost);
    if (cost <= stream.inference_cost * (1 + behind_part / 2)) return;
    stream.inference_cost = cost;
    news_ = true;
}

bool WindowRuntime::wants_plan(Seconds now) const {
    const bool something_left = std::any_of(streams_.begin(), streams_.end(), [](const auto& s) {
        return s.state.kind == Kind::waiting || s.state.kind == Kind::running;
    });
    if (plans_ == Plans::kept || timeline_.over()) return false;
    return news_ || (something_left && now >= look_again_ - timeline_.tolerance() && is_late());
}

double WindowRuntime::left(std::size_t v, const UsedBy& used_by) {
    Stream& stream = streams_[v];
    const auto measured = used_by ? used_by(stream.state.stream) : std::nullopt;
    const double granted = retraining_device_seconds(timeline_.steps(v), timeline_.now());
    double rest = stream.work - measured.value_or(granted);
    if (rest <= late_part * stream.work)
        rest = late_part * stream.work * std::pow(2, stream.times_late++);
    // A training that is short of time runs fewer epochs, so with the share it has it is done by
    // the end of the window.
    const double share = timeline_.steps(v).back().retraining_share;
    const Seconds until_end = timeline_.horizon() - timeline_.now();
    if (share > 0) rest = std::min(rest, fits_part * share * until_end);
    return std::max(rest, least_left);
}

WindowState WindowRuntime::request(Seconds now, const UsedBy& used_by) {
    move_to(now);
    news_ = false;
    look_again_ = now + patience * timeline_.horizon();
    WindowState request{now, {}};
    for (std::size_t v = 0; v < streams_.size(); ++v) {
        Stream& stream = streams_[v];
        if (runs(v)) {
            stream.state.left = left(v, used_by);
            timeline_.begin(v, stream.state.left);
        }
        request.retrainings.push_back(stream.state);
        if (stream.inference_cost > 1)
            request.inference.push_back({stream.state.stream, stream.inference_cost});
    }
    return request;
}

void WindowRuntime::take(Plan rest, Seconds now) {
    std::vector<std::string> running;
    for (std::size_t v = 0; v < streams_.size(); ++v)
        if (runs(v)) running.push_back(streams_[v].state.stream);
    for (const auto& planned : rest.streams) {
        const auto v = find(planned.stream);
        if (!v)
            throw InputError("/plan: stream \"" + planned.stream + "\" was not in the first plan");
        const Kind kind = streams_[*v].state.kind;
        if (planned.retraining && planned.retraining->share > 0 &&
            (kind == Kind::done || kind == Kind::over))
            throw InputError("/plan: stream \"" + planned.stream + "\" has had its retraining");
    }
    follower_ = std::make_unique<PlanFollower>(rest, std::move(running));
    plan_ = std::move(rest);
    begun_ = now;
}

std::vector<RetrainingEvent> WindowRuntime::never_started() const {
    std::vector<RetrainingEvent> events;
    for (const auto& stream : streams_)
        if (stream.was_planned && stream.state.kind == Kind::waiting)
            events.push_back(
                {RetrainingEvent::Kind::skip, stream.state.stream, timeline_.now(), 0});
    return events;
}

bool WindowRuntime::done() const {
    if (timeline_.over()) return true;
    const bool any = std::any_of(streams_.begin(), streams_.end(),
                                 [](const auto& s) { return s.state.kind == Kind::running; });
    return follower_->done() && !any && !(news_ && plans_ == Plans::anew);
}

std::optional<Seconds> WindowRuntime::next() const {
    auto next = follower_->next();
    if (next) *next += begun_;
    if (plans_ == Plans::kept) return next;
    // A retraining is a reason for a new plan from the moment it is late, and then now and then.
    const Seconds late = is_late() ? timeline_.now() : timeline_.next_end();
    if (const Seconds look = std::max(late, look_again_); look < timeline_.horizon())
        next = std::min(next.value_or(timeline_.horizon()), look);
    return next;
}

}  // namespace ekya
