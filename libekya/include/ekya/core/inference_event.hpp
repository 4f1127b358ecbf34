#pragma once
#include <cstdint>
#include <string>

namespace ekya {

/// What happened to a running inference (schema ekya.inference-event/1).
struct InferenceEvent {
    enum class Kind {
        swap,      ///< another model serves
        refused,   ///< it could not be loaded; the old one goes on
        behind,    ///< frames were skipped although it was their turn; told at most once a second
        caught_up  ///< none was for a second
    };
    Kind kind = Kind::swap;
    std::string stream;
    std::string model;         ///< that serves now
    std::int64_t frame = -1;   ///< the last one answered; -1 = none yet
    std::int64_t backlog = 0;  ///< frames that wait
    std::int64_t skipped = 0;  ///< since the program started
    std::string error;         ///< refused: why
};

}  // namespace ekya
