#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// A moment in a retraining's life; times are seconds since its window began.
struct RetrainingMoment {
    enum class What {
        planned,    ///< a plan grants it `share` from its planned start on
        started,    ///< its job was started
        share,      ///< it runs on with another share
        paused,     ///< it keeps its memory and gets no share
        resumed,    ///< it runs again
        finishing,  ///< it was told to end with the epochs it has
        trained,    ///< its job has left a model
        ended       ///< its outcome is known
    };
    What what = What::planned;
    Seconds time = 0;  ///< >= 0
    double share = 0;  ///< of one device, that it holds from then on; >= 0
    friend bool operator==(const RetrainingMoment&, const RetrainingMoment&) = default;
};

/// What came of a retraining.
enum class RetrainingOutcome {
    none,     ///< not ended yet
    served,   ///< its model serves
    refused,  ///< its model is stored, guarded promotion kept the old one
    late,     ///< its model is stored, but was not taken over within the window
    skipped,  ///< it was planned, and not started
    stopped,  ///< it did not end within the window
    failed    ///< its job ended with an error
};

/// The whole life of one stream's retraining in one window (schema ekya.retraining/1).
struct RetrainingRecord {
    std::string stream;
    int window = 0;
    std::string config;                     ///< id of the configuration, as in the plan
    double expected_accuracy = 0;           ///< of the retrained model, as planned first; in [0, 1]
    Seconds expected_end = 0;               ///< as planned first, since the window began
    std::vector<RetrainingMoment> moments;  ///< in the order in which they came
    RetrainingOutcome outcome = RetrainingOutcome::none;
    std::string why;               ///< for people; empty = nothing to say
    std::string model;             ///< id of its model; empty = none
    double granted = 0, used = 0;  ///< device-seconds of its job
};

}  // namespace ekya
