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

}  // namespace ekya
