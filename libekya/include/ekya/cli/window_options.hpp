#pragma once
#include <optional>
#include <string>

#include "ekya/cli/context.hpp"
#include "ekya/cli/options.hpp"
#include "ekya/window/boxes.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/window/window_runner.hpp"

namespace ekya::cli {

/// Options that ekya-window and ekya-loop share: the stages, planning, and where jobs run.
struct WindowToolOptions {
    StreamOptions streams;
    StoreOptions store;
    SeedOptions seed;
    StageOptions stages;
    BoxOptions boxes;
    PolicyOptions policies;
    std::string uniform_config;
    double gpus = 1, min_accuracy = 0;
    std::string profile_budget = "auto";
};
void add(CLI::App& app, WindowToolOptions& options);

/// Of an option that is given twice the last counts, so that scripts can put their users' options
/// behind their own. Called when all options have been added.
void let_last_count(CLI::App& app);

/// Fills in what follows from options and this program: paths, seeds, shares.
/// @throws ConfigError naming the option
void complete(WindowToolOptions& options);

/// The options that all windows of a policy share. @throws ConfigError naming the option
[[nodiscard]] WindowOptions window_options(const WindowToolOptions& options,
                                           const std::string& policy, const Boxes& boxes);

}  // namespace ekya::cli
