#include "ekya/window/plan_follower.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double missing_time = 0.1;  // part of a retraining's time without which it still starts
constexpr Seconds never = std::numeric_limits<Seconds>::infinity();

void validate(const Plan& plan) {
    require_in_range("horizon", plan.horizon, 0, 1e12);
    for (const auto& stream : plan.streams)
        with_context("stream " + stream.stream, [&] {
            if (stream.steps.empty() || stream.steps.front().start > 0)
                throw DomainError("steps: the first does not start at 0");
            for (std::size_t i = 1; i < stream.steps.size(); ++i)
                if (stream.steps[i].start < stream.steps[i - 1].start)
                    throw DomainError("steps: they do not ascend");
            if (!stream.retraining) return;
            require_in_range("start_seconds", stream.retraining->start_seconds, 0, 1e12);
            require_in_range("expected_seconds", stream.retraining->expected_seconds,
                             stream.retraining->start_seconds, 1e12);
        });
}

}  // namespace

PlanFollower::PlanFollower(Plan plan, std::vector<std::string> running)
    : plan_(std::move(plan)), running_(std::move(running)), unsure_(plan_.streams.size(), true) {
    validate(plan_);
    for (const auto& stream : plan_.streams) step_.push_back(&stream.steps.front());
    for (std::size_t v = 0; v < plan_.streams.size(); ++v) add_job(v);
    std::stable_sort(jobs_.begin(), jobs_.end(),
                     [](const auto& a, const auto& b) { return a.start < b.start; });
}

void PlanFollower::add_job(std::size_t v) {
    const StreamPlan& plan = plan_.streams[v];
    if (!plan.retraining || plan.retraining->share <= 0) return;
    Job job;
    job.stream = v;
    job.share = plan.retraining->share;
    job.start = plan.retraining->start_seconds;
    const Seconds end = plan.retraining->expected_seconds;
    double most = job.share;
    for (const auto& step : plan.steps) most = std::max(most, step.retraining_share);
    job.end = std::max(end, job.start + 3 * tolerance());  // an end lies after its start
    job.latest_start =
        plan_.horizon - (1 - missing_time) * retraining_device_seconds(plan.steps, end) / most;
    if (std::find(running_.begin(), running_.end(), plan.stream) != running_.end()) {
        job.state = State::running;
        job.share = -1;  // not known
    }
    jobs_.push_back(job);
}

PlanFollower::Due PlanFollower::advance(Seconds now) {
    Due due;
    const Seconds elapsed = std::max(now - now_, 0.0);
    now_ += elapsed;
    skip_late(due);
    move_clock(elapsed);
    finish_unwanted(due);
    start_due(due);
    change_running(due);
    change_shares(due);
    return due;
}

void PlanFollower::skip_late(Due& due) {
    for (auto& job : jobs_) {
        if (job.state != State::waiting || now_ <= job.latest_start) continue;
        job.state = State::over;
        job.skipped = true;
        due.events.push_back(
            {RetrainingEvent::Kind::skip, plan_.streams[job.stream].stream, now_, 0});
    }
}

void PlanFollower::move_clock(Seconds elapsed) {
    clock_ = std::max(clock_ + elapsed, now_);
    const Seconds held = held_at();
    for (const auto& job : jobs_)
        if (job.state == State::over && job.end <= held + tolerance())
            clock_ = std::max(clock_, job.end);
    const auto waiting = std::find_if(jobs_.begin(), jobs_.end(),
                                      [](const auto& job) { return job.state == State::waiting; });
    if (waiting != jobs_.end() && !any(State::running) && any(State::over))
        clock_ = std::max(clock_, waiting->start);
    clock_ = std::min(clock_, held);
}

void PlanFollower::start_due(Due& due) {
    for (auto& job : jobs_) {
        if (job.state != State::waiting || !passed(job.start)) continue;
        job.state = State::running;
        due.events.push_back(
            {RetrainingEvent::Kind::start, plan_.streams[job.stream].stream, now_, job.share});
    }
}

/// A retraining that runs but is in no plan any more.
void PlanFollower::finish_unwanted(Due& due) {
    if (std::exchange(finished_unwanted_, true)) return;
    for (const auto& stream : running_)
        if (std::none_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
                return plan_.streams[job.stream].stream == stream;
            }))
            due.events.push_back({RetrainingEvent::Kind::finish, stream, now_, 0});
}

void PlanFollower::change_running(Due& due) {
    for (auto& job : jobs_) {
        if (job.state != State::running) continue;
        const double share = step_by_clock(job.stream).retraining_share;
        if (share == job.share) continue;
        job.share = share;
        due.events.push_back(
            {RetrainingEvent::Kind::share, plan_.streams[job.stream].stream, now_, share});
    }
}

void PlanFollower::change_shares(Due& due) {
    for (std::size_t v = 0; v < plan_.streams.size(); ++v) {
        const PlanStep& before = *step_[v];
        const PlanStep& step = current_step(v);
        step_[v] = &step;
        if (unsure_[v] || before.inference_share != step.inference_share ||
            before.inference != step.inference)
            due.changes.push_back({plan_.streams[v].stream, step.inference_share, step.inference});
        unsure_[v] = false;
    }
}

/// The step that the plan's clock is in; behind a stream's own retraining, which has ended, the one
/// planned for that, if the device has room for it already.
const PlanStep& PlanFollower::current_step(std::size_t v) const {
    const PlanStep& by_clock = step_by_clock(v);
    const auto own =
        std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job.stream == v; });
    if (own == jobs_.end() || own->state != State::over || own->skipped) return by_clock;
    const PlanStep& after = step_after_retraining(plan_.streams[v]);
    if (after.start < by_clock.start) return by_clock;
    const bool fits = share_of_others(v) + after.inference_share <= plan_.gpus * (1 + 1e-9);
    return fits ? after : by_clock;
}

/// The last one that its clock has reached and that nothing holds back.
const PlanStep& PlanFollower::step_by_clock(std::size_t v) const {
    return step_at(plan_.streams[v].steps,
                   std::min(clock_ + tolerance(), held_at() - 3 * tolerance()));
}

double PlanFollower::share_of_others(std::size_t v) const {
    double share = retraining_share();
    for (std::size_t other = 0; other < step_.size(); ++other)
        if (other != v) share += inference_now(other).inference_share;
    return share;
}

double PlanFollower::retraining_share() const {
    double share = 0;
    for (const auto& job : jobs_)
        if (job.state == State::running) share += std::max(job.share, 0.0);
    return share;
}

void PlanFollower::ended(const std::string& stream) {
    for (auto& job : jobs_) {
        if (plan_.streams[job.stream].stream != stream || job.state != State::running) continue;
        job.state = State::over;
        unsure_[job.stream] =
            true;  // with the new model inference has taken the share planned for after it
        return;
    }
    throw InputError("/stream: no retraining of \"" + stream + "\" runs");
}

Seconds PlanFollower::held_at() const {
    Seconds end = never;
    for (const auto& job : jobs_)
        if (job.state != State::over) end = std::min(end, job.end);
    return end;
}

bool PlanFollower::passed(Seconds time) const {
    return time <= clock_ + tolerance() && time < held_at() - tolerance();
}

bool PlanFollower::any(State state) const {
    return std::any_of(jobs_.begin(), jobs_.end(),
                       [&](const auto& job) { return job.state == state; });
}

Seconds PlanFollower::next_moment() const {
    Seconds next = never;
    for (const auto& stream : plan_.streams)
        for (const auto& step : stream.steps)
            if (step.start > clock_ + tolerance() && step.start < plan_.horizon)
                next = std::min(next, step.start);
    for (const auto& job : jobs_)
        if (job.state == State::waiting && job.start > clock_ + tolerance())
            next = std::min(next, job.start);
    return next;
}

std::optional<Seconds> PlanFollower::next() const {
    Seconds next = never;
    for (const auto& job : jobs_)
        if (job.state == State::waiting) next = std::min(next, job.latest_start + 2 * tolerance());
    if (const Seconds moment = next_moment(); moment < held_at() - tolerance())
        next = std::min(next, now_ + (moment - clock_));
    return next < never ? std::optional<Seconds>(std::max(next, now_)) : std::nullopt;
}

bool PlanFollower::done() const {
    if (any(State::waiting) || (!finished_unwanted_ && !running_.empty())) return false;
    return now_ >= plan_.horizon || (!any(State::running) && next_moment() == never);
}

}  // namespace ekya
