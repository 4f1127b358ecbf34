#pragma once
#include <string>

#include "ekya/core/config.hpp"

namespace ekya {

/// What happens to a retraining while its window runs .
struct RetrainingEvent {
    enum class Kind {
        start,   ///< it shall start now
        share,   ///< it runs on with another share; 0 = it is paused
        finish,  ///< it shall come to its end with what it has: no plan for the rest of the window
                 ///< wants more of it
        skip     ///< it shall not run: the time left is too short for it, or plans for the rest of
                 ///< the window have left it out
    };
    Kind kind = Kind::start;
    std::string stream;
    Seconds seconds = 0;  ///< since the plan was made; >= 0
    double share = 0;     ///< start, share: of one device, which it runs with; >= 0
    friend bool operator==(const RetrainingEvent&, const RetrainingEvent&) = default;
};

}  // namespace ekya
