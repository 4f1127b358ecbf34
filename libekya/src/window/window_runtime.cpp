#include "ekya/window/window_runtime.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

using Kind = RetrainingState::Kind;

constexpr double rounding = 1e-6;  // part of the window that counts as none

constexpr double late_part =
    0.1;  // of its work that is thought to be left of one that should have ended; doubles each time
constexpr std::int64_t few_frames = 2;
constexpr double behind_part =
    0.1;                         // of its frames that inference may skip before it counts as behind
constexpr double most_cost = 4;  // times the estimate; what seems dearer has another cause
constexpr double fits_part =
    0.9;  // of the time left, which a training that shortens itself leaves some of for its swap
constexpr double patience =
    0.05;  // part of the window that passes before lateness is looked at again

}  // namespace

WindowRuntime::WindowRuntime(Plan plan, Plans plans)
    : plan_(std::move(plan)), plans_(plans), horizon_(plan_.horizon) {
    for (const auto& stream : plan_.streams) {
        streams_.push_back({{stream.stream}});
        streams_.back().was_planned = stream.retraining && stream.retraining->share > 0;
    }
    follower_ = std::make_unique<PlanFollower>(plan_, FollowerOptions{true, {}, true});
}

WindowRuntime::Stream* WindowRuntime::find(const std::string& id) {
    const auto found = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const auto& stream) { return stream.state.stream == id; });
    return found == streams_.end() ? nullptr : &*found;
}

void WindowRuntime::count_until(Seconds now) {
    for (auto& stream : streams_)
        if (stream.state.kind == Kind::running)
            stream.granted += stream.share * std::max(now - counted_, 0.0);
    counted_ = std::max(now, counted_);
}

PlanFollower::Due WindowRuntime::advance(Seconds now) {
    count_until(now);
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
        Stream& stream = *find(id);
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
    Stream& stream = *find(event.stream);
    stream.share = event.share;
    if (event.kind == RetrainingEvent::Kind::skip) stream.state.kind = Kind::over;
    if (event.kind != RetrainingEvent::Kind::start) return;
    const auto& planned = *std::find_if(plan_.streams.begin(), plan_.streams.end(),
                                        [&](const auto& s) { return s.stream == event.stream; });
    stream.state.kind = Kind::running;
    stream.state.config = planned.retraining->id();
    stream.work = planned_work(planned);
}

void WindowRuntime::ended(const std::string& id, bool swapped) {
    Stream* stream = find(id);
    if (!stream || stream->state.kind != Kind::running)
        throw InputError("/stream: no retraining of \"" + id + "\" runs");
    stream->state.kind = swapped ? Kind::done : Kind::over;
    stream->share = 0;
    news_ = true;
    // One that a later plan left out is none of its follower's.
    const bool planned = std::any_of(
        plan_.streams.begin(), plan_.streams.end(),
        [&](const auto& s) { return s.stream == id && s.retraining && s.retraining->share > 0; });
    if (planned) follower_->ended(id);
}

void WindowRuntime::inference_did(const std::string& id, std::int64_t analysed,
                                  std::int64_t skipped) {
    Stream* stream = find(id);
    if (!stream) throw InputError("/stream: \"" + id + "\" has no plan");
    // A frame now and then is lost to a hiccup, not for want of share.
    if (skipped < few_frames ||
        static_cast<double>(skipped) < behind_part * static_cast<double>(analysed + skipped))
        return;
    const double kept_up = static_cast<double>(std::max<std::int64_t>(analysed, 1)) /
                           static_cast<double>(analysed + skipped);
    const double cost = std::min(stream->inference_cost / kept_up, most_cost);
    if (cost <= stream->inference_cost * (1 + behind_part / 2)) return;
    stream->inference_cost = cost;
    news_ = true;
}

bool WindowRuntime::wants_plan(Seconds now) const {
    const bool something_left = std::any_of(streams_.begin(), streams_.end(), [](const auto& s) {
        return s.state.kind == Kind::waiting || s.state.kind == Kind::running;
    });
    if (plans_ == Plans::kept || now >= horizon_ * (1 - rounding)) return false;
    return news_ ||
           (something_left && now >= look_again_ - rounding * horizon_ && follower_->is_late());
}

double WindowRuntime::left(Stream& stream, const UsedBy& used_by, Seconds now) const {
    const auto measured = used_by ? used_by(stream.state.stream) : std::nullopt;
    double rest = stream.work - measured.value_or(stream.granted);
    if (rest <= late_part * stream.work)
        rest = late_part * stream.work * std::pow(2, stream.times_late++);
    // A training that is short of time runs fewer epochs, so with the share it has it is done by
    // the end of the window.
    if (stream.share > 0) rest = std::min(rest, fits_part * stream.share * (horizon_ - now));
    return std::max(rest, 1e-6);
}

WindowState WindowRuntime::request(Seconds now, const UsedBy& used_by) {
    count_until(now);
    news_ = false;
    look_again_ = now + patience * horizon_;
    WindowState request{now, {}};
    for (auto& stream : streams_) {
        if (stream.state.kind == Kind::running) stream.state.left = left(stream, used_by, now);
        request.retrainings.push_back(stream.state);
        if (stream.inference_cost > 1)
            request.inference.push_back({stream.state.stream, stream.inference_cost});
    }
    return request;
}

void WindowRuntime::take(Plan rest, Seconds now) {
    FollowerOptions options{true, {}, true};
    for (const auto& stream : streams_)
        if (stream.state.kind == Kind::running) options.running.push_back(stream.state.stream);
    for (const auto& planned : rest.streams) {
        Stream* stream = find(planned.stream);
        if (!stream)
            throw InputError("/plan: stream \"" + planned.stream + "\" was not in the first plan");
        if (planned.retraining && planned.retraining->share > 0 &&
            (stream->state.kind == Kind::done || stream->state.kind == Kind::over))
            throw InputError("/plan: stream \"" + planned.stream + "\" has had its retraining");
    }
    follower_ = std::make_unique<PlanFollower>(rest, options);
    plan_ = std::move(rest);
    begun_ = now;
}

std::vector<RetrainingEvent> WindowRuntime::never_started() const {
    std::vector<RetrainingEvent> events;
    for (const auto& stream : streams_)
        if (stream.was_planned && stream.state.kind == Kind::waiting)
            events.push_back({RetrainingEvent::Kind::skip, stream.state.stream, counted_, 0});
    return events;
}

bool WindowRuntime::done() const {
    if (counted_ >= horizon_ * (1 - rounding)) return true;
    const bool runs = std::any_of(streams_.begin(), streams_.end(),
                                  [](const auto& s) { return s.state.kind == Kind::running; });
    return follower_->done() && !runs && !(news_ && plans_ == Plans::anew);
}

std::optional<Seconds> WindowRuntime::next() const {
    auto next = follower_->next();
    if (next) *next += begun_;
    if (plans_ == Plans::kept) return next;
    // A retraining is a reason for a new plan from the moment it is late, and then now and then.
    const Seconds late = follower_->is_late() ? counted_ : begun_ + follower_->becomes_late();
    if (const Seconds look = std::max(late, look_again_); look < horizon_)
        next = std::min(next.value_or(horizon_), look);
    return next;
}

}  // namespace ekya
