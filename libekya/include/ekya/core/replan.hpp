#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"

namespace ekya {

/// How far the retraining of a stream is, while its window runs.
struct RetrainingState {
    enum class Kind {
        waiting,  ///< none has begun
        running,  ///< one has, and it is running or paused
        done,     ///< its model serves
        over      ///< none will come: it failed, was refused, skipped or stopped
    };
    std::string stream;
    Kind kind = Kind::waiting;
    std::string config = {};  ///< running, done: id of the configuration, as in the estimate
    double left = 0;          ///< running: device-seconds to its end; > 0
    std::optional<double> accuracy = {};  ///< done: of the new model, if it was measured; in [0, 1]
    friend bool operator==(const RetrainingState&, const RetrainingState&) = default;
};

/// What inference of a stream turned out to cost.
struct InferenceCost {
    std::string stream;
    double factor = 1;  ///< of the device-seconds in the estimate; > 0
    friend bool operator==(const InferenceCost&, const InferenceCost&) = default;
};

/// Asks for a plan for the rest of a window (schema ekya.replan/1).
struct ReplanRequest {
    Seconds elapsed = 0;                       ///< since the window's first plan began; >= 0
    std::vector<RetrainingState> retrainings;  ///< streams that are not named are waiting
    std::vector<InferenceCost> inference =
        {};  ///< of streams whose inference fell behind with the share it had
};

/// The answer (schema ekya.replan-reply/1).
struct ReplanReply {
    bool ok = true;
    std::string error;         ///< why there is no plan
    std::optional<Plan> plan;  ///< for the rest of the window: its time begins at `elapsed`
};

}  // namespace ekya
