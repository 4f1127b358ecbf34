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
                          entry.device_seconds <= device_seconds * (1 + plan_tolerance);
        if (fits && as_long == full.config && (!most || entry.config.epochs > most->config.epochs))
            most = &entry;
    }
    return most;
}

}  // namespace

SimulatedBox::SimulatedBox(std::vector<PlanningInput> predicted, std::vector<PlanningInput> truth,
                           double max_job_share, Seconds length, Seconds labelling,
                           std::shared_ptr<const InferenceCurve> curve)
    : predicted_(std::move(predicted)),
      truth_(std::move(truth)),
      timeline_(predicted_.size(), length, max_job_share),
      labelling_(labelling),
      curve_(std::move(curve)) {
    for (std::size_t v = 0; v < predicted_.size(); ++v) {
        course_.emplace_back().stream = predicted_[v].stream;
        timeline_.hold(v, {});
    }
}

std::vector<StreamPlan> SimulatedBox::course() const {
    auto course = course_;
    for (std::size_t v = 0; v < course.size(); ++v) course[v].steps = timeline_.steps(v);
    return course;
}

std::size_t SimulatedBox::place_of(const std::string& stream) const {
    return static_cast<std::size_t>(&stream_of(course_, stream) - course_.data());
}

template <typename Change> void SimulatedBox::hold(std::size_t v, Change change) {
    PlanStep step = timeline_.steps(v).back();
    change(step);
    timeline_.hold(v, step);
}

// --- jobs ----------------------------------------------------------------------------------------

void SimulatedBox::start(const WindowJob& job) {
    Job running{job, 0, nullptr, job.share, now(), now() + job.stop_after};
    if (job.kind == Kind::label) running.ends_at += labelling_;
    if (job.kind == Kind::retrain) {
        const std::size_t v = running.stream = place_of(job.streams.front());
        const std::string& id = course_[v].stream;
        running.truth =
            find_retraining(stream_of(truth_, id), job.retraining->config, job.retraining->name);
        if (!running.truth)
            throw DomainError("stream " + id + ": has no retraining configuration " +
                              job.retraining->id());
        auto& retraining = course_[v].retraining = job.retraining;
        retraining->start_seconds = now();
        retraining->expected_seconds = never;
        running.ends_at = retraining->elsewhere ? now() + job.retraining->expected_seconds : never;
        if (!retraining->elsewhere) timeline_.begin(v, running.truth->device_seconds);
        hold(v, [&](PlanStep& step) { step.retraining_share = job.share; });
    }
    jobs_.push_back(std::move(running));
}

SimulatedBox::Job* SimulatedBox::retraining_of(const std::string& stream) {
    for (auto& job : jobs_)
        if (job.job.kind == Kind::retrain && job.job.streams.front() == stream) return &job;
    return nullptr;
}

void SimulatedBox::order(const std::string& stream, const JobOrder& order) {
    Job* job = retraining_of(stream);
    if (!job) return;
    job->finish = job->finish || order.state == JobOrder::State::finish;
    job->share = order.state == JobOrder::State::pause ? 0 : order.share;
    hold(job->stream, [&](PlanStep& step) { step.retraining_share = job->share; });
}

std::optional<double> SimulatedBox::used(const std::string& stream) {
    const Job* job = retraining_of(stream);
    return job ? std::optional(done(*job)) : std::nullopt;
}

/// Device-seconds of a retraining's work that are done.
double SimulatedBox::done(const Job& job) const {
    return job.job.retraining->elsewhere ? 0
                                         : job.truth->device_seconds - timeline_.left(job.stream);
}

/// When a job ends if its share stays; one that was told to finish ends at once.
Seconds SimulatedBox::ends(const Job& job) const {
    if (job.finish) return now();
    const bool works = job.truth && !job.job.retraining->elsewhere;
    if (!works) return std::min(job.ends_at, job.stop_at);
    if (timeline_.left(job.stream) <= 0) return now();
    return std::min(timeline_.end_of(job.stream), job.stop_at);
}

void SimulatedBox::sleep(Seconds duration) {
    const Seconds until = now() + duration;
    while (now() < until) (void)timeline_.advance(until);
}

std::vector<WindowJobEnd> SimulatedBox::wait(Seconds limit) {
    Seconds next = now() + limit;
    for (const auto& job : jobs_) next = std::min(next, ends(job));
    if (next == never) throw DomainError("window: its runner waits for nothing");
    (void)timeline_.advance(std::max(next, now()));
    std::vector<WindowJobEnd> ended;
    for (std::size_t i = 0; i < jobs_.size();) {
        if (ends(jobs_[i]) > now() + timeline_.tolerance()) {
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
    if (job.job.kind == Kind::retrain) end_retraining(job, end);
    return end;
}

void SimulatedBox::end_retraining(const Job& job, WindowJobEnd& end) {
    const std::string& id = job.job.streams.front();
    const bool elsewhere = job.job.retraining->elsewhere;
    end.granted = retraining_device_seconds(timeline_.steps(job.stream), now());
    end.used = done(job);
    const bool complete =
        elsewhere ? now() >= job.ends_at - timeline_.tolerance() : timeline_.left(job.stream) <= 0;
    hold(job.stream, [](PlanStep& step) { step.retraining_share = 0; });
    timeline_.stop(job.stream);
    end.model = job.truth->id();
    if (complete) return;
    // One that is paused at the end of its window is stopped; the others have shortened themselves.
    auto& truth = stream_of(truth_, id);
    const auto* has =
        job.share > 0 || job.finish ? shortened(truth, *job.truth, end.used) : nullptr;
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
    hold(place_of(stream), [&](PlanStep& step) { step.inference_share = share; });
}

void SimulatedBox::configure(const std::string& stream, const InferenceConfig& config) {
    hold(place_of(stream), [&](PlanStep& step) { step.inference = config; });
}

Seconds SimulatedBox::look_every() const { return never; }

void SimulatedBox::swap(const std::string& stream, const std::string& model, Seconds) {
    StreamPlan& course = course_[place_of(stream)];
    // What is no retraining's is an earlier model.
    if (course.retraining)
        course.retraining->expected_seconds = now();
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
