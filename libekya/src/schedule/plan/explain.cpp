#include "ekya/schedule/plan/explain.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan/score.hpp"

namespace ekya {
namespace {

constexpr std::size_t most_planned_anew =
    64;  // planning once for every stream grows with their square

using Planner = std::function<Plan(const ScheduleProblem&)>;

bool is_chosen(const RetrainingOption& entry, const PlannedRetraining& chosen) {
    return chosen.name.empty() ? entry.name.empty() && entry.config == chosen.config
                               : entry.name == chosen.name;
}

/// What the stream scores with so much more for its jobs.
double with_more(const ScheduleProblem& problem, const PlanningInput& estimate,
                 const InferenceCurve& curve, const StreamPlan& plan, double inference,
                 double retraining) {
    auto steps = plan.steps;
    for (auto& step : steps) {
        step.inference_share = std::min(step.inference_share + inference, problem.max_job_share);
        if (step.retraining_share > 0)
            step.retraining_share =
                std::min(step.retraining_share + retraining, problem.max_job_share);
    }
    StreamSchedule schedule{nullptr, &steps};
    if (plan.retraining)
        schedule.retraining =
            find_retraining(estimate, plan.retraining->config, plan.retraining->name);
    return score_stream(problem, estimate, curve, schedule).accuracy;
}

double best_ratio(const PlanningInput& estimate) {
    double best = 0;
    for (const auto& entry : estimate.retraining)
        best = std::max(best, (entry.accuracy - estimate.accuracy) / entry.device_seconds);
    return best;
}

void add_runner_up(const ScheduleProblem& problem, std::size_t v, const Plan& plan,
                   const Planner& planner, double as_planned, StreamExplanation& explanation) {
    ScheduleProblem without = problem;
    std::erase_if(without.streams[v].retraining,
                  [&](const auto& entry) { return is_chosen(entry, *plan.streams[v].retraining); });
    const Plan other = planner(without);
    const auto& retraining = other.streams[v].retraining;
    explanation.has_runner_up = true;
    explanation.runner_up = retraining ? retraining->id() : "";
    explanation.runner_up_cost = as_planned - other.mean_accuracy;
}

void add_order(std::vector<StreamExplanation>& streams) {
    std::vector<StreamExplanation*> retrained;
    for (auto& stream : streams)
        if (!stream.retraining.empty()) retrained.push_back(&stream);
    std::stable_sort(retrained.begin(), retrained.end(), [](const auto* a, const auto* b) {
        return std::pair(a->starts, a->ends) < std::pair(b->starts, b->ends);
    });
    for (std::size_t i = 0; i < retrained.size(); ++i)
        retrained[i]->order = static_cast<int>(i) + 1;
}

std::string fixed(double value, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

std::string points(double accuracy) {
    const std::string text = fixed(100 * accuracy, 2);
    return text == "-0.00" ? "0.00" : text;
}

/// Columns as wide as their widest cell; the first to the left, the others to the right.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::ostringstream line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line << (i == 0 ? "" : "  ") << (i < 2 ? std::left : std::right)
                 << std::setw(static_cast<int>(widths[i])) << row[i];
        lines.push_back(line.str());
        lines.back().erase(lines.back().find_last_not_of(' ') + 1);
    }
    return lines;
}

std::vector<std::string> row_of(const StreamExplanation& s) {
    const bool retrained = !s.retraining.empty();
    const std::string runner_up = !s.has_runner_up      ? ""
                                  : s.runner_up.empty() ? "none"
                                                        : s.runner_up;
    return {s.stream,
            retrained ? s.retraining : "none",
            retrained ? std::to_string(s.order) : "",
            retrained ? fixed(s.starts, 1) : "",
            retrained ? fixed(s.ends, 1) : "",
            retrained ? fixed(s.share, 3) : "",
            fixed(s.inference_share, 3) + " / " + fixed(s.inference_share_after, 3),
            points(s.expected_accuracy),
            fixed(100 * s.gain_per_device_second, 3),
            runner_up,
            s.has_runner_up ? points(s.runner_up_cost) : "",
            points(s.more_inference),
            retrained ? points(s.more_retraining) : ""};
}

}  // namespace

Explanation explain(const ScheduleProblem& problem, const Plan& plan, const Planner& planner,
                    double quantum) {
    require_in_range("quantum", quantum, 1e-9, 1e6);
    Explanation result{plan.policy, plan.mean_accuracy, quantum, 0, {}};
    ScheduleProblem more = problem;
    more.gpus += quantum;
    // Like is compared with like: plans made anew are not placed.
    const double as_planned = planner(problem).mean_accuracy;
    result.more_devices = planner(more).mean_accuracy - as_planned;
    const auto curves = inference_curves(problem);
    const auto scores = score_plan(problem, plan);
    for (std::size_t v = 0; v < plan.streams.size(); ++v) {
        const StreamPlan& stream = plan.streams[v];
        const PlanningInput& estimate = problem.streams[v];
        StreamExplanation e;
        e.stream = stream.stream;
        e.inference_share = stream.steps.front().inference_share;
        e.inference_share_after = step_after_retraining(stream).inference_share;
        e.expected_accuracy = stream.expected_accuracy;
        e.gain_per_device_second = best_ratio(estimate);
        if (const auto& retraining = stream.retraining) {
            e.retraining = retraining->id();
            e.starts = retraining->start_seconds;
            e.ends = retraining->expected_seconds;
            e.share = retraining->share;
            if (const auto* entry = find_retraining(estimate, retraining->config, retraining->name))
                e.gain_per_device_second =
                    (entry->accuracy - estimate.accuracy) / entry->device_seconds;
            if (problem.streams.size() <= most_planned_anew)
                add_runner_up(problem, v, plan, planner, as_planned, e);
        }
        // What comes from elsewhere does not run on these devices.
        if (!(stream.retraining && stream.retraining->elsewhere) && stream.cached.empty()) {
            e.more_inference =
                with_more(problem, estimate, *curves[v], stream, quantum, 0) - scores[v].accuracy;
            if (stream.retraining)
                e.more_retraining = with_more(problem, estimate, *curves[v], stream, 0, quantum) -
                                    scores[v].accuracy;
        }
        result.streams.push_back(std::move(e));
    }
    add_order(result.streams);
    return result;
}

std::vector<std::string> describe(const Explanation& e) {
    std::ostringstream quantum_text;
    quantum_text << e.quantum;
    const std::string quantum = quantum_text.str();
    std::vector<std::vector<std::string>> rows{
        {"stream", "retraining", "order", "starts s", "ends s", "share", "inference / after",
         "accuracy", "gain per s", "runner-up", "costs", "+ inference", "+ retraining"}};
    for (const auto& stream : e.streams) rows.push_back(row_of(stream));
    auto lines = aligned(rows);
    lines.insert(lines.begin(), e.policy + ": mean accuracy " + points(e.mean_accuracy) +
                                    " points; " + quantum + " more devices would add " +
                                    points(e.more_devices));
    lines.push_back(
        "gain per s: points per device-second of the retraining (of the best one where none is "
        "planned). costs: points of the");
    lines.push_back(
        "mean if the runner-up took its place, all else planned anew. +: points of this stream "
        "for " +
        quantum + " more of a device.");
    return lines;
}

}  // namespace ekya
