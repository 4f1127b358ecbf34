#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/core/retraining_record.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// Device-seconds of one job in one window.
struct JobShare {
    Seconds granted = 0, used = 0;
};

/// Device-seconds of a stream's jobs in one window.
struct WindowShares {
    std::optional<JobShare> inference;   ///< none = not run with a share
    std::optional<JobShare> retraining;  ///< none = no retraining ran
};

/// What one stream did in one window.
struct WindowResult {
    int window = 0;
    std::string utc;      ///< wall-clock time of its first frame, RFC 3339; empty = unknown
    bool scored = false;  ///< false: shorter than half a window, or no annotated object
    std::optional<double> accuracy;
    std::optional<Agreement> agreement;  ///< with a golden model; none = not measured
    std::int64_t objects = 0, frames = 0, seen = 0, analysed = 0, lost = 0;  ///< WindowAccuracy
    std::vector<ServedModel> models;             ///< those that answered, in order
    std::optional<StreamPlan> plan;              ///< of the first plan of the window
    std::optional<RetrainingRecord> retraining;  ///< none = none was planned
    WindowShares shares;
    double device_seconds = 0;  ///< of inference, retraining and profiling
};

/// What one stream did in all windows under one policy.
struct StreamResult {
    std::string stream;
    std::string failed;  ///< why it failed; empty = it did not
    std::optional<double> mean_accuracy;
    std::optional<Agreement> agreement;  ///< over the windows; none = not measured
    int retrainings = 0;                 ///< whose models were taken over
    double device_seconds = 0;
    std::vector<WindowResult> windows;
};

/// A run under one policy.
struct PolicyResult {
    std::string policy;
    std::optional<double> mean_accuracy;  ///< over the streams
    int retrainings = 0;
    double device_seconds = 0;
    std::vector<StreamResult> streams;
};

/// A run under one policy after the other, on the same streams (schema ekya.results/1).
struct Results {
    Seconds window_seconds = 0;
    double pace = 0;      ///< times real time; 0 = as fast as possible
    int bootstrap = 0;    ///< first windows that train the base model and are not scored
    double fraction = 1;  ///< of the crops that are labelled
    std::vector<PolicyResult> policies;
};

}  // namespace ekya
