#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/simulate/sweep.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

/// What was simulated, as records tell it.
struct RecordedSettings {
    std::string policy;   ///< as written on the command line
    std::string mode;     ///< oracle, predicted
    std::string scoring;  ///< continuous, reference
    double gpus = 0, noise = 0;
    Seconds delay = 0, window_seconds = 0;
    double quantum = 0, min_accuracy = 0, max_job_share = 1;
    bool keep_models = false;
    std::uint64_t seed = 0;
};

/// How one stream fared in a window.
struct RecordedStream {
    std::string stream;
    double accuracy = 0, lowest_accuracy = 0;
    std::optional<std::string> retraining;  ///< name of its configuration
    std::optional<Seconds> start, end;      ///< of the retraining, into the window
    std::string counted_as = {};            ///< SimulatedStream::counted_as
};

/// All shares from some instant on.
struct RecordedShares {
    Seconds start = 0;
    std::map<std::string, double> shares;  ///< by job
};

/// One window as it went.
struct RecordedWindow {
    std::string window;
    double mean_accuracy = 0, expected_accuracy = 0;
    Seconds decision_seconds = 0;
    std::optional<double> bound;
    std::vector<std::string> violations;
    std::vector<RecordedStream> streams;
    std::vector<RecordedShares> alloc;  ///< empty without the plan
};

/// What a policy did in simulated windows (schema ekya.simulation/1).
struct SimulationRecord : RecordedSettings {
    std::size_t streams = 0;
    double mean_accuracy = 0;
    Seconds decision_seconds = 0;
    std::optional<double> bound;
    std::vector<RecordedWindow> windows;
};

/// How many streams a policy serves at a target accuracy (schema ekya.capacity/1).
struct CapacityRecord : RecordedSettings {
    double target = 0;
    std::size_t streams = 0;
    std::optional<double> mean_accuracy;  ///< none if no stream is served
};

void describe(wire::Object<SimulationRecord>& object);
void describe(wire::Object<CapacityRecord>& object);

/// ekya.simulation/1. With plans kept, every window has its allocation timeline: `alloc`, a list of
/// [seconds, {job: share}], jobs named <stream>_<index>_inference and
/// <stream>_<index>_train_<configuration> as published.
[[nodiscard]] Json encode(const Simulation& simulation);
/// ekya.capacity/1
[[nodiscard]] Json encode(const Capacity& capacity);

/// The same without windows as rows of a table: the header first.
[[nodiscard]] std::vector<std::string> csv_lines(const std::vector<Simulation>& simulations);
[[nodiscard]] std::vector<std::string> csv_lines(const std::vector<Capacity>& capacities);

}  // namespace ekya
