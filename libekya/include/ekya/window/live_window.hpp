#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/window/live_serving.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/window/window_runner.hpp"

namespace ekya {

/// One retraining window on a store, with programs for its jobs.
struct LiveWindow {
    WindowOptions options;
    StageOptions stages;
    LiveServingOptions serving;  ///< its streams are the options'
    std::filesystem::path journal =
        "journal.jsonl";  ///< ekya.window-event/1, in the window's logs; empty = none
};

/// Runs it: the jobs on an executor, the models into running inference, and what was told and
/// ordered into its journal.
/// @param others told of the ends of jobs that are not the window's, if the executor runs such
/// @throws as WindowRunner::run
[[nodiscard]] WindowOutcome run_live_window(LiveWindow window, const Store& store, Executor& jobs,
                                            Clock& clock, std::function<void()> check,
                                            const std::function<void(const std::string&)>& say,
                                            std::function<void(const JobEnd&)> others = {});

}  // namespace ekya
