#include "ekya/simulate/simulation_record.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ekya {
namespace {

Json optional_number(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// What was simulated.
Json settings_of(const SimulationOptions& options, bool oracle) {
    return {{"policy", options.policy.text},
            {"mode", oracle ? "oracle" : "predicted"},
            {"scoring", options.reference_scoring ? "reference" : "continuous"},
            {"gpus", options.gpus},
            {"noise", options.noise},
            {"delay", options.delay},
            {"window_seconds", options.window_seconds},
            {"quantum", options.policy.setting.options.thief.quantum},
            {"min_accuracy", options.min_accuracy},
            {"max_job_share", options.max_job_share},
            {"as_live", options.as_live},
            {"keep_models", options.keep_models},
            {"seed", options.seed}};
}

/// Every instant at which some share changes, with all shares from then on.
Json timeline_of(const Plan& plan) {
    std::vector<Seconds> instants;
    for (const auto& stream : plan.streams)
        for (const auto& step : stream.steps) instants.push_back(step.start);
    std::sort(instants.begin(), instants.end());
    instants.erase(std::unique(instants.begin(), instants.end()), instants.end());
    std::vector<std::size_t> current(plan.streams.size(), 0);
    Json alloc = Json::array();
    for (const Seconds instant : instants) {
        Json shares = Json::object();
        for (std::size_t v = 0; v < plan.streams.size(); ++v) {
            const StreamPlan& stream = plan.streams[v];
            while (current[v] + 1 < stream.steps.size() &&
                   stream.steps[current[v] + 1].start <= instant)
                ++current[v];
            const PlanStep& step = stream.steps[current[v]];
            const std::string job = stream.stream + "_" + std::to_string(v) + "_";
            shares[job + "inference"] = step.inference_share;
            if (stream.retraining)
                shares[job + "train_" + stream.retraining->id()] = step.retraining_share;
        }
        alloc.push_back({instant, std::move(shares)});
    }
    return alloc;
}

Json encode(const SimulatedStream& stream) {
    Json json{{"stream", stream.stream},
              {"accuracy", stream.score.accuracy},
              {"lowest_accuracy", stream.score.lowest_accuracy},
              {"retraining", stream.retraining.empty() ? Json(nullptr) : Json(stream.retraining)},
              {"start", optional_number(stream.score.starts)},
              {"end", optional_number(stream.score.ends)}};
    if (!stream.counted_as.empty()) json["counted_as"] = stream.counted_as;
    return json;
}

Json encode(const SimulatedWindow& window) {
    Json json{{"window", window.name},
              {"mean_accuracy", window.mean_accuracy},
              {"expected_accuracy", window.expected_accuracy},
              {"decision_seconds", window.decision_seconds},
              {"violations", window.violations}};
    if (window.bound) json["bound"] = *window.bound;
    Json& streams = json["streams"] = Json::array();
    for (const auto& stream : window.streams) streams.push_back(encode(stream));
    if (window.plan) json["alloc"] = timeline_of(*window.plan);
    return json;
}

/// The shortest text that reads back as the same number.
std::string text_of(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

std::string row(const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells) line += (&cell == cells.data() ? "" : ",") + cell;
    return line;
}

}  // namespace

Json encode(const Simulation& simulation) {
    Json json = settings_of(simulation.options, simulation.oracle);
    json["schema"] = "ekya.simulation/1";
    json["streams"] = simulation.streams;
    json["mean_accuracy"] = simulation.mean_accuracy;
    json["decision_seconds"] = simulation.decision_seconds;
    if (simulation.bound) json["bound"] = *simulation.bound;
    Json& windows = json["windows"] = Json::array();
    for (const auto& window : simulation.windows) windows.push_back(encode(window));
    return json;
}

Json encode(const Capacity& capacity) {
    Json json = settings_of(capacity.options, capacity.oracle);
    json["schema"] = "ekya.capacity/1";
    json["target"] = capacity.target;
    json["streams"] = capacity.streams;
    json["mean_accuracy"] = capacity.streams > 0 ? Json(capacity.mean_accuracy) : Json(nullptr);
    return json;
}

std::vector<std::string> csv_lines(const std::vector<Simulation>& simulations) {
    std::vector<std::string> lines{
        "policy,mode,streams,gpus,noise,delay,window_seconds,quantum,min_accuracy,mean_accuracy,"
        "bound,gap,decision_seconds"};
    for (const auto& s : simulations) {
        const auto& o = s.options;
        lines.push_back(
            row({o.policy.text, s.oracle ? "oracle" : "predicted", std::to_string(s.streams),
                 text_of(o.gpus), text_of(o.noise), text_of(o.delay), text_of(o.window_seconds),
                 text_of(o.policy.setting.options.thief.quantum), text_of(o.min_accuracy),
                 text_of(s.mean_accuracy), s.bound ? text_of(*s.bound) : "",
                 s.bound ? text_of(*s.bound - s.mean_accuracy) : "", text_of(s.decision_seconds)}));
    }
    return lines;
}

std::vector<std::string> csv_lines(const std::vector<Capacity>& capacities) {
    std::vector<std::string> lines{
        "policy,mode,gpus,noise,delay,window_seconds,quantum,target,streams,mean_accuracy"};
    for (const auto& c : capacities)
        lines.push_back(row(
            {c.options.policy.text, c.oracle ? "oracle" : "predicted", text_of(c.options.gpus),
             text_of(c.options.noise), text_of(c.options.delay), text_of(c.options.window_seconds),
             text_of(c.options.policy.setting.options.thief.quantum), text_of(c.target),
             std::to_string(c.streams), c.streams > 0 ? text_of(c.mean_accuracy) : ""}));
    return lines;
}

}  // namespace ekya
