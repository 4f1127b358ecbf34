#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "ekya/cli/context.hpp"

namespace ekya::cli {

/// What --help says below the options.
struct Description {
    std::string reads, writes;  ///< records in and out
    std::string example;        ///< a command line that works
    std::string source;         ///< where the method comes from; empty = nothing to cite
};
void describe(CLI::App& app, const Description& description);

/// Everything around a tool's work: command line, messages, signals, exit code.
/// Exit codes: 0 done, 1 the work failed, 2 wrong command line or configuration, 3 some streams
/// failed, 128+n ended by signal n. Only this function maps errors to them.
/// Options come from the command line, the environment and the file of --config, in this order; to
/// the environment of what the tool starts belongs that it was started by a tool, so that variables
/// of options have no effect there.
/// @param runs_a_users_job what the tool starts reads them
int run_tool_body(const std::string& name, const std::string& summary, int argc, char** argv,
                  const std::function<void(CLI::App&)>& add_options,
                  const std::function<int(Context&)>& run, bool runs_a_users_job = false);

/// For a tool that runs a job of its user, and ends with the exit code of that.
template <typename Options>
int run_tool(const std::string& name, const std::string& summary, int argc, char** argv,
             void (*add_options)(CLI::App&, Options&), int (*run)(const Options&, Context&)) {
    Options options;
    return run_tool_body(
        name, summary, argc, argv, [&](CLI::App& app) { add_options(app, options); },
        [&](Context& context) { return run(options, context); }, /*runs_a_users_job=*/true);
}

template <typename Options>
int run_tool(const std::string& name, const std::string& summary, int argc, char** argv,
             void (*add_options)(CLI::App&, Options&), void (*run)(const Options&, Context&)) {
    Options options;
    return run_tool_body(
        name, summary, argc, argv, [&](CLI::App& app) { add_options(app, options); },
        [&](Context& context) {
            run(options, context);
            return 0;
        });
}

}  // namespace ekya::cli
