#include "simulated_box.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/reference/score.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"

namespace ekya {
namespace {

using Kind = WindowJob::Kind;

constexpr double rounding = 1e-9;  // part of a job's work that counts as none
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

}  // namespace

SimulatedBox::SimulatedBox(std::vector<PlanningInput> predicted, std::vector<PlanningInput> truth,
                           double max_job_share, Seconds labelling,
                           std::shared_ptr<const InferenceCurve> curve)
    : predicted_(std::move(predicted)),
      truth_(std::move(truth)),
      max_job_share_(max_job_share),
      labelling_(labelling),
      curve_(std::move(curve)) {
    for (const auto& input : predicted_) {
        course_.emplace_back();
        course_.back().stream = input.stream;
        course_.back().steps = {PlanStep{}};
    }
}

StreamPlan& SimulatedBox::course_of(const std::string& stream) {
    return stream_of(course_, stream);
}

PlanningInput& SimulatedBox::truth_of(const std::string& stream) {
    return stream_of(truth_, stream);
}

/// What a stream holds from now on, to be changed.
PlanStep& SimulatedBox::step(const std::string& stream) {
    auto& steps = course_of(stream).steps;
    if (steps.back().start < now_) {
        steps.push_back(steps.back());
        steps.back().start = now_;
    }
    return steps.back();
}

double SimulatedBox::used_share(const Job& job) const {
    return std::min(job.share, max_job_share_);
}

// --- jobs ----------------------------------------------------------------------------------------

void SimulatedBox::start(const WindowJob& job) {
    Job running{job, nullptr, 0, 0, job.share, now_, now_ + job.stop_after};
    if (job.kind == Kind::label) running.ends_at = now_ + labelling_;
    if (job.kind == Kind::retrain) {
        const std::string& id = job.streams.front();
        const auto& truth = truth_of(id);
        running.truth = find_retraining(truth, job.retraining->config, job.retraining->name);
        if (!running.truth)
            throw DomainError("stream " + id + ": has no retraining configuration " +
                              job.retraining->id());
        if (job.retraining->elsewhere) running.ends_at = now_ + job.retraining->expected_seconds;
        auto& retraining = course_of(id).retraining = job.retraining;
        retraining->start_seconds = now_;
        retraining->expected_seconds = never;
        step(id).retraining_share = job.share;
    }
    jobs_.push_back(std::move(running));
}

void SimulatedBox::order(const std::string& stream, const JobOrder& order) {
    for (auto& job : jobs_) {
        if (job.job.kind != Kind::retrain || job.job.streams.front() != stream) continue;
        job.finish = job.finish || order.state == JobOrder::State::finish;
        job.share = order.state == JobOrder::State::pause ? 0 : order.share;
        step(stream).retraining_share = job.share;
    }
}

std::optional<double> SimulatedBox::used(const std::string& stream) {
    for (const auto& job : jobs_)
        if (job.job.kind == Kind::retrain && job.job.streams.front() == stream) return job.done;
    return std::nullopt;
}

/// When a job ends if its share stays; one that was told to finish ends at once.
Seconds SimulatedBox::ends(const Job& job) const {
    if (!job.truth || job.job.retraining->elsewhere) return std::min(job.ends_at, job.stop_at);
    if (job.finish) return now_;
    const double left = std::max(job.truth->device_seconds - job.done, 0.0);
    // So little work may be lost in rounding.
    if (left <= rounding * job.truth->device_seconds) return now_;
    const double share = used_share(job);
    return std::min(share > 0 ? now_ + left / share : never, job.stop_at);
}

void SimulatedBox::advance(Seconds until) {
    for (auto& job : jobs_) {
        job.done += used_share(job) * (until - now_);
        job.granted += job.share * (until - now_);
    }
    now_ = std::max(until, now_);
}

std::vector<WindowJobEnd> SimulatedBox::wait(Seconds limit) {
    Seconds next = now_ + limit;
    for (const auto& job : jobs_) next = std::min(next, ends(job));
    if (next == never) throw DomainError("window: its runner waits for nothing");
    advance(next);
    std::vector<WindowJobEnd> ended;
    for (std::size_t i = 0; i < jobs_.size();) {
        if (ends(jobs_[i]) > now_ * (1 + 1e-15)) {
            ++i;
            continue;
        }
        const Job job = jobs_[i];
        jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
        ended.push_back(end(job));
    }
    return ended;
}

WindowJobEnd SimulatedBox::end(const Job& job) {
    WindowJobEnd end;
    end.kind = job.job.kind;
    end.streams = job.job.streams;
    end.granted = job.granted;
    end.used = job.done;
    if (job.job.kind == Kind::retrain) end_retraining(job, end);
    return end;
}

void SimulatedBox::end_retraining(const Job& job, WindowJobEnd& end) {
    const std::string& id = job.job.streams.front();
    step(id).retraining_share = 0;
    const bool complete = job.job.retraining->elsewhere
                              ? now_ >= job.ends_at
                              : job.done >= job.truth->device_seconds * (1 - 2 * rounding);
    end.model = job.truth->id();
    if (complete) return;
    // One that is paused at the end of its window is stopped; the others have shortened themselves.
    auto& truth = truth_of(id);
    const auto* has =
        job.share > 0 || job.finish ? shortened(truth, *job.truth, job.done) : nullptr;
    end.stopped = !has;
    end.model = has ? has->id() : "";
    if (!has) return;
    counted_as_[id] = has->id();
    truth.retraining[static_cast<std::size_t>(job.truth - truth.retraining.data())].accuracy =
        has->accuracy;
}

std::vector<PlanningInput> SimulatedBox::planning_inputs(const std::vector<std::string>& streams) {
    std::vector<PlanningInput> inputs;
    for (const auto& stream : streams) inputs.push_back(stream_of(predicted_, stream));
    return inputs;
}

// --- inference -----------------------------------------------------------------------------------

std::optional<double> SimulatedBox::need(const std::string& stream) {
    const auto& input = stream_of(predicted_, stream);
    if (curve_) return curve_->hull().back().share;
    return InferenceCurve::steps(input.inference).hull().back().share;
}

void SimulatedBox::hold(const std::string& stream, double share) {
    step(stream).inference_share = share;
}

void SimulatedBox::configure(const std::string& stream, const InferenceConfig& config) {
    step(stream).inference = config;
}

Seconds SimulatedBox::look_every() const { return never; }

void SimulatedBox::swap(const std::string& stream, const std::string& model, Seconds) {
    StreamPlan& course = course_of(stream);
    // What is no retraining's is an earlier model.
    if (course.retraining)
        course.retraining->expected_seconds = now_;
    else
        course.cached = model;
    swapped_.push_back({stream, model});
}

std::vector<StreamScore> score_course(const ScheduleProblem& problem, const Plan& course,
                                      bool on_whole_seconds) {
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
        if (!stream.cached.empty()) schedule.cached = find_cached(truth, stream.cached);
        const auto score = on_whole_seconds ? score_reference_stream : score_stream;
        scores.push_back(score(problem, truth, *curves[v], schedule));
    }
    return scores;
}

}  // namespace ekya
