#include "ekya/simulate/simulation_record.hpp"

#include <algorithm>
#include <optional>

#include "ekya/core/text.hpp"

namespace ekya {
namespace {

void write_settings(RecordedSettings& r, const SimulationOptions& options, bool oracle) {
    r.policy = options.policy.text;
    r.mode = oracle ? "oracle" : "predicted";
    r.scoring = options.reference_scoring ? "reference" : "continuous";
    r.gpus = options.gpus;
    r.noise = options.noise;
    r.delay = options.delay;
    r.window_seconds = options.window_seconds;
    r.quantum = options.policy.setting.options.thief.quantum;
    r.min_accuracy = options.min_accuracy;
    r.max_job_share = options.max_job_share;
    r.keep_models = options.keep_models;
    r.seed = options.seed;
}

/// Every instant at which some share changes, with all shares from then on.
std::vector<RecordedShares> timeline_of(const Plan& plan) {
    std::vector<Seconds> instants;
    for (const auto& stream : plan.streams)
        for (const auto& step : stream.steps) instants.push_back(step.start);
    std::sort(instants.begin(), instants.end());
    instants.erase(std::unique(instants.begin(), instants.end()), instants.end());
    std::vector<std::size_t> current(plan.streams.size(), 0);
    std::vector<RecordedShares> alloc;
    for (const Seconds instant : instants) {
        auto& shares = alloc.emplace_back(RecordedShares{instant, {}}).shares;
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
    }
    return alloc;
}

RecordedStream record_of(const SimulatedStream& s) {
    const auto retraining = s.retraining.empty() ? std::nullopt : std::optional(s.retraining);
    return {s.stream,     s.score.accuracy, s.score.lowest_accuracy, retraining, s.score.starts,
            s.score.ends, s.counted_as};
}

RecordedWindow record_of(const SimulatedWindow& w) {
    RecordedWindow record{
        w.name, w.mean_accuracy, w.expected_accuracy, w.decision_seconds, w.bound, w.violations, {},
        {}};
    for (const auto& stream : w.streams) record.streams.push_back(record_of(stream));
    if (w.plan) record.alloc = timeline_of(*w.plan);
    return record;
}

std::string row(const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells) line += (&cell == cells.data() ? "" : ",") + cell;
    return line;
}

}  // namespace

Json encode(const Simulation& simulation) {
    SimulationRecord record;
    write_settings(record, simulation.options, simulation.oracle);
    record.streams = simulation.streams;
    record.mean_accuracy = simulation.mean_accuracy;
    record.decision_seconds = simulation.decision_seconds;
    record.bound = simulation.bound;
    for (const auto& window : simulation.windows) record.windows.push_back(record_of(window));
    return encode(record);
}

Json encode(const Capacity& capacity) {
    CapacityRecord record;
    write_settings(record, capacity.options, capacity.oracle);
    record.target = capacity.target;
    record.streams = capacity.streams;
    if (capacity.streams > 0) record.mean_accuracy = capacity.mean_accuracy;
    return encode(record);
}

std::vector<std::string> csv_lines(const std::vector<Simulation>& simulations) {
    std::vector<std::string> lines{
        "policy,mode,streams,gpus,noise,delay,window_seconds,quantum,min_accuracy,mean_accuracy,"
        "bound,gap,decision_seconds"};
    for (const auto& s : simulations) {
        const auto& o = s.options;
        lines.push_back(
            row({o.policy.text, s.oracle ? "oracle" : "predicted", std::to_string(s.streams),
                 to_text(o.gpus), to_text(o.noise), to_text(o.delay), to_text(o.window_seconds),
                 to_text(o.policy.setting.options.thief.quantum), to_text(o.min_accuracy),
                 to_text(s.mean_accuracy), s.bound ? to_text(*s.bound) : "",
                 s.bound ? to_text(*s.bound - s.mean_accuracy) : "", to_text(s.decision_seconds)}));
    }
    return lines;
}

std::vector<std::string> csv_lines(const std::vector<Capacity>& capacities) {
    std::vector<std::string> lines{
        "policy,mode,gpus,noise,delay,window_seconds,quantum,target,streams,mean_accuracy"};
    for (const auto& c : capacities)
        lines.push_back(row(
            {c.options.policy.text, c.oracle ? "oracle" : "predicted", to_text(c.options.gpus),
             to_text(c.options.noise), to_text(c.options.delay), to_text(c.options.window_seconds),
             to_text(c.options.policy.setting.options.thief.quantum), to_text(c.target),
             std::to_string(c.streams), c.streams > 0 ? to_text(c.mean_accuracy) : ""}));
    return lines;
}

}  // namespace ekya
