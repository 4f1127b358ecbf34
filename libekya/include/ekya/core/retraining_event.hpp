#pragma once
#include <string>

#include "ekya/core/config.hpp"

namespace ekya {

/// What happens to a retraining while its window runs (schema ekya.retraining-event/1).
struct RetrainingEvent {
    enum class Kind {
        start,   ///< it shall start now
        skip,    ///< it shall not run: the time left is too short for it
        end      ///< it runs no longer, however it ended
    };
    Kind kind = Kind::start;
    std::string stream;
    Seconds seconds = 0;   ///< since the plan was made; >= 0
    double share = 0;      ///< of one device, which it runs with (start only); >= 0, 0 = not said
    friend bool operator==(const RetrainingEvent&, const RetrainingEvent&) = default;
};

}  // namespace ekya
