#include "ekya/window/window_runner.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/rest_of_window.hpp"

namespace ekya {
namespace {

using Kind = RetrainingEvent::Kind;
using Order = JobOrder::State;
using What = RetrainingMoment::What;

constexpr double least_preparation = 0.25;  // of all devices, for labelling and profiling
constexpr double least_inference = 0.05;    // of all devices, for inference meanwhile
constexpr double least_planned = 0.1;       // of all devices, whatever decoding takes
constexpr double budget_part = 0.045;   // of the window's device time, for all profiles; a trial
                                        // that has begun runs over by the rest of a twentieth
constexpr double profile_part = 0.6;    // of the time left, after which profiling is stopped
constexpr double budget_time = 0.3;     // of the time left, in which its budget must be spent
constexpr Seconds least_horizon = 0.2;  // with less left there is nothing to plan
constexpr Seconds settling = 0.5;  // after a change of shares inference works off what had piled up
constexpr Seconds never = std::numeric_limits<Seconds>::infinity();

}  // namespace

WindowRunner::WindowRunner(WindowOptions options, Clock& clock, WindowJobs& jobs, Serving& serving,
                           WindowHooks hooks)
    : o_(std::move(options)),
      clock_(clock),
      jobs_(jobs),
      serving_(serving),
      hooks_(std::move(hooks)),
      begun_(clock.now()),
      log_(o_.window, hooks_.on_retraining) {
    require_in_range("length", o_.length, 1e-9, 1e12);
    require_in_range("left", o_.left, 0, o_.length * (1 + 1e-9));
    if (o_.jobs_at_once < 1) throw DomainError("jobs_at_once: is below 1");
}

WindowOutcome WindowRunner::run() {
    reserve_ = serving_.reserve();
    if (o_.label_and_profile) {
        share_out();
        label();
        profile();
    }
    if (!o_.streams.empty()) {
        plan();
        follow();
    }
    outcome_.retrainings = log_.records();
    return std::move(outcome_);
}

// --- labelling and profiling ---------------------------------------------------------------------

/// Labelling and profiling get what inference has had no use for lately, but at least a quarter of
/// the devices; inference has the rest meanwhile, all of it if they run on other boxes.
void WindowRunner::share_out() {
    std::map<std::string, double> needs;
    double sum = 0;
    for (const auto& stream : o_.streams)
        if (const auto need = serving_.need(stream)) sum += needs[stream] = *need;
    const double gpus = o_.plan.gpus;
    preparation_ = std::max(gpus - reserve_ - sum, least_preparation * gpus);
    const double left = gpus - reserve_ - (o_.jobs_take_from_inference ? preparation_ : 0);
    const double rest = std::max(left, least_inference * gpus);
    for (const auto& [stream, need] : needs) serving_.hold(stream, rest * need / sum);
}

/// Of each of so many jobs at a time. Jobs on other boxes take nothing from inference.
double WindowRunner::preparation_share(int jobs) const {
    return o_.jobs_take_from_inference ? preparation_ / jobs : o_.plan.max_job_share;
}

/// One job labels all streams: starting a program that uses libtorch costs as much as labelling
/// hundreds of objects.
void WindowRunner::label() {
    if (o_.streams.empty()) return;
    jobs_.start({WindowJob::Kind::label, o_.streams, preparation_share(1), o_.left - now_});
    run_jobs(1);
}

void WindowRunner::profile() {
    const int groups = std::min(static_cast<int>(o_.streams.size()), o_.jobs_at_once);
    if (groups == 0) return;
    const double budget = budget_of_each(o_.streams.size(), groups);
    for (int group = 0; group < groups; ++group) {
        WindowJob job{WindowJob::Kind::profile,
                      {},
                      preparation_share(groups),
                      profile_part * (o_.left - now_),
                      budget};
        for (std::size_t i = group; i < o_.streams.size(); i += groups)
            job.streams.push_back(o_.streams[i]);
        jobs_.start(job);
    }
    run_jobs(groups);
}

double WindowRunner::budget_of_each(std::size_t streams, int groups) const {
    if (o_.profile_budget) return *o_.profile_budget;
    // Few jobs of few threads must get through it in time.
    const double most = budget_time * o_.plan.max_job_share * groups * (o_.left - now_);
    const double all = std::min(budget_part * o_.plan.gpus * o_.length, most);
    return std::max(all, 0.001) / static_cast<double>(streams);  // 0 would be no limit
}

void WindowRunner::run_jobs(int running) {
    while (running > 0) {
        if (hooks_.check) hooks_.check();
        for (const auto& end : jobs_.wait(never)) {
            --running;
            for (const auto& [stream, note] : end.notes) say("stream " + stream + ": " + note);
            for (const auto& [stream, why] : end.failed)
                fail(stream, (end.kind == WindowJob::Kind::label ? "labelling failed: "
                                                                 : "profiling failed: ") +
                                 why);
        }
        read_clock();
    }
    drop_failed();
}

void WindowRunner::fail(const std::string& stream, const std::string& why) {
    outcome_.failed[stream] = why;
}

void WindowRunner::drop_failed() {
    std::erase_if(o_.streams, [this](const auto& id) { return outcome_.failed.contains(id); });
}

// --- planning ------------------------------------------------------------------------------------

void WindowRunner::plan() {
    read_clock();
    const Seconds horizon = o_.left - now_;
    if (horizon <= least_horizon)
        throw Error(
            "window " + std::to_string(o_.window) +
            ": no time left after labelling and profiling; give longer windows or a smaller "
            "--profile-budget");
    // Decoding takes its part of the devices before anything else.
    o_.plan.gpus = std::max(o_.plan.gpus - reserve_, least_planned * o_.plan.gpus);
    auto inputs = jobs_.planning_inputs(o_.streams);
    for (auto& input : inputs)
        for (auto& entry : input.inference) entry.share += o_.inference_overhead;
    problem_ = problem_of(o_.plan, o_.window, horizon, std::move(inputs));
    plan_ = o_.given ? *o_.given : plan_window(o_.plan, problem_);
    planned_at_ = now_;
    settled_at_ = now_ + settling;
    log_.planned(plan_, planned_at_);
    if (hooks_.on_plan) hooks_.on_plan(plan_);
    for (const auto& violation : plan_.violations) say(violation);
    const bool anew = !problem_.streams.empty() && o_.plan.policy.policy->replans;
    runtime_ = std::make_unique<WindowRuntime>(
        plan_, anew ? WindowRuntime::Plans::anew : WindowRuntime::Plans::kept);
    if (!anew) next_look_ = never;
    for (const auto& stream : plan_.streams) {
        if (!stream.cached.empty()) serve_cached(stream);
        if (stream.retraining && stream.retraining->elsewhere) start_elsewhere(stream);
    }
}

/// An earlier model serves from the start; what is planned later counts on it.
void WindowRunner::serve_cached(const StreamPlan& stream) {
    serving_.swap(stream.stream, stream.cached, o_.left - now_);
    swapping_[stream.stream] = stream.cached;
    for (auto& input : problem_.streams)
        if (const auto* cached = find_cached(input, stream.cached);
            input.stream == stream.stream && cached)
            input.accuracy = cached->accuracy;
}

/// On devices that are not shared out here: no share to hold, the plan says when its model comes.
void WindowRunner::start_elsewhere(const StreamPlan& stream) {
    jobs_.start(
        {WindowJob::Kind::retrain, {stream.stream}, 0, o_.left - now_, 0, stream.retraining});
    log_.add(stream.stream, What::started, now_);
    elsewhere_.insert(stream.stream);
    ++running_;
}

// --- following the plan --------------------------------------------------------------------------

void WindowRunner::follow() {
    while (true) {
        if (hooks_.check) hooks_.check();
        act(runtime_->advance(now_ - planned_at_));
        take_swaps();
        if (runtime_->done() && running_ == 0 && swapping_.empty()) break;
        look_at_inference();
        if (runtime_->wants_plan(now_ - planned_at_)) {
            replan();
            continue;
        }
        const auto ends = jobs_.wait(longest_wait());
        read_clock();
        for (const auto& end : ends) trained(end);
    }
    for (const auto& event : runtime_->never_started()) skip(event.stream);
}

void WindowRunner::act(const PlanFollower::Due& due) {
    for (const auto& event : due.events) {
        if (event.kind == Kind::start) start(event);
        if (event.kind == Kind::share || event.kind == Kind::finish) order(event);
        if (event.kind == Kind::skip) skip(event.stream);
    }
    for (const auto& change : due.changes) {
        serving_.hold(change.stream, change.share);
        const auto known = configured_.find(change.stream);
        if (known != configured_.end() && known->second == change.inference) continue;
        configured_[change.stream] = change.inference;
        serving_.configure(change.stream, change.inference);
    }
}

void WindowRunner::start(const RetrainingEvent& event) {
    const auto& planned = *std::find_if(plan_.streams.begin(), plan_.streams.end(),
                                        [&](auto& s) { return s.stream == event.stream; });
    // One job has no use for more.
    const double share = std::min(event.share, std::max(1.0, o_.plan.max_job_share));
    log_.add(event.stream, What::started, now_, share);
    ++running_;
    try {
        jobs_.start({WindowJob::Kind::retrain,
                     {event.stream},
                     share,
                     o_.left - now_,
                     0,
                     planned.retraining});
    } catch (const SystemError& e) {  // its files cannot be made: no matter of other streams
        WindowJobEnd end;
        end.kind = WindowJob::Kind::retrain;
        end.streams = {event.stream};
        end.failed[event.stream] = e.what();
        trained(end);
    }
}

void WindowRunner::order(const RetrainingEvent& event) {
    const bool finish = event.kind == Kind::finish;
    // What is told to finish keeps its share for the little that is left to do.
    const double held = log_.find(event.stream)->moments.back().share;
    const double share = finish ? std::max(held, 0.1) : event.share;
    log_.add(event.stream, finish ? What::finishing : What::share, now_, share);
    jobs_.order(event.stream, {finish      ? Order::finish
                               : share > 0 ? Order::run
                                           : Order::pause,
                               share});
}

void WindowRunner::skip(const std::string& stream) {
    conclude(stream, RetrainingOutcome::skipped,
             "too little of the window is left for it, or the rest was planned without it");
}

void WindowRunner::replan() {
    const Seconds elapsed = now_ - planned_at_;
    const auto state = runtime_->request(
        elapsed, [this](const std::string& stream) { return jobs_.used(stream); });
    try {
        Plan rest = plan_window(
            o_.plan, rest_of_window(problem_, elapsed, state.retrainings, state.inference));
        rest.elapsed = elapsed;
        runtime_->take(rest, elapsed);
        plan_ = std::move(rest);
    } catch (const DomainError& e) {
        say(std::string("no new plan, the old one goes on: ") + e.what());
        return;
    }
    log_.planned(plan_, now_);
    settled_at_ = now_ + settling;
    if (hooks_.on_plan) hooks_.on_plan(plan_);
}

/// Does inference keep up with the share it has?
void WindowRunner::look_at_inference() {
    if (now_ < next_look_) return;
    next_look_ = now_ + serving_.look_every();
    for (const auto& stream : plan_.streams)
        if (const auto frames = serving_.look(stream.stream); frames && now_ > settled_at_)
            runtime_->inference_did(stream.stream, frames->analysed, frames->skipped);
}

Seconds WindowRunner::longest_wait() const {
    const Seconds due = planned_at_ + runtime_->next().value_or(never);
    const Seconds next = std::min({due, next_look_, running_ > 0 ? never : o_.left});
    return std::max(next - now_, 0.0);
}

// --- models --------------------------------------------------------------------------------------

/// A retraining's share is free as soon as it has trained: inference uses some to load the model.
void WindowRunner::trained(const WindowJobEnd& end) {
    const std::string& stream = end.streams.front();
    --running_;
    log_.trained(stream, now_, end.model, end.granted, end.used);
    const bool serves = !end.model.empty() && end.promoted;
    if (elsewhere_.erase(stream) == 0) runtime_->ended(stream, serves);
    if (serves) {
        swapping_[stream] = end.model;
        serving_.swap(stream, end.model, std::max(o_.left - now_, 0.0));
    } else if (!end.model.empty()) {
        conclude(stream, RetrainingOutcome::refused, end.why);
    } else if (end.stopped) {
        conclude(stream, RetrainingOutcome::stopped, "it did not end in time");
    } else {
        conclude(stream, RetrainingOutcome::failed, end.failed.at(stream));
    }
}

void WindowRunner::take_swaps() {
    for (const auto& end : serving_.swapped()) {
        swapping_.erase(end.stream);
        const auto* record = log_.find(end.stream);
        if (record && record->model == end.model)
            conclude(end.stream, end.serves ? RetrainingOutcome::served : RetrainingOutcome::late,
                     end.why);
        else if (!end.serves)
            say("stream " + end.stream + ": the earlier model " + end.model +
                " could not be taken, the deployed one goes on serving: " + end.why);
    }
}

void WindowRunner::conclude(const std::string& stream, RetrainingOutcome outcome,
                            const std::string& why) {
    log_.ended(stream, now_, outcome, why);
    const std::string who = "stream " + stream + ": ";
    switch (outcome) {
        case RetrainingOutcome::refused:
            say(who + "the retrained model is not promoted, the old one goes on serving: " + why);
            break;
        case RetrainingOutcome::late:
            say(who + "the retrained model was not taken over within this window: " + why);
            break;
        case RetrainingOutcome::skipped:
            say(who + "its retraining is skipped: " + why);
            break;
        case RetrainingOutcome::stopped:
            say(who + "its retraining was stopped: " + why);
            break;
        case RetrainingOutcome::failed:
            fail(stream, "the retraining failed, the old model goes on serving: " + why);
            break;
        case RetrainingOutcome::served:
        case RetrainingOutcome::none:
            break;
    }
}

}  // namespace ekya
