#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/window.hpp"
#include "ekya/window/base_models.hpp"
#include "ekya/window/boxes.hpp"
#include "ekya/window/live_serving.hpp"
#include "ekya/window/stream_programs.hpp"
#include "ekya/window/window_runner.hpp"

namespace ekya {

/// One turn of a row of windows that something else starts on time, such as cron.
struct TurnOptions {
    std::vector<StreamSource> streams;
    ProgramOptions programs;  ///< seconds: the period with which turns are started
    BaseModelOptions base;
    WindowOptions window;  ///< what all windows have in common
    LiveServingOptions serving;
};

/// What came of a turn.
struct TurnOutcome {
    int window = 0;                               ///< that was recorded
    std::map<std::string, std::string> failed;    ///< streams, and why
    std::vector<RetrainingRecord> retrainings;    ///< what was learned from the window before
    std::vector<std::string> base_models;         ///< streams that have one since now
    std::map<std::string, Agreement> agreements;  ///< on the labels of the window before
};

/// Records the next window of all streams and meanwhile learns from the one before, so that a turn
/// takes a little less than its period: base models are trained where there are none, once enough
/// windows are stored; then the streams that have a model run their retraining window.
/// @throws what check throws
[[nodiscard]] TurnOutcome run_turn(const TurnOptions& options, Boxes& boxes, Clock& clock,
                                   const std::function<void()>& check,
                                   const std::function<void(const std::string&)>& say);

/// For people: what was done in a line, then how far models agree with the golden model.
[[nodiscard]] std::vector<std::string> lines_of(const TurnOutcome& outcome);

}  // namespace ekya
