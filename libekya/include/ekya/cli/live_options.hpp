#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "ekya/cli/window_options.hpp"
#include "ekya/window/base_models.hpp"
#include "ekya/window/stream_programs.hpp"

namespace ekya::cli {

/// Options of the tools that serve streams live while windows run one after the other.
struct LiveToolOptions {
    WindowToolOptions window;
    BaseModelOptions base;
    double seconds = 200, base_fraction = -1;
    std::string task = "classification", objects = "auto";
    std::vector<std::string> ingest_options;
};

void add(CLI::App& app, LiveToolOptions& options);
/// Those of them that say how streams are recorded and how base models are trained.
void add_recording(CLI::App& app, LiveToolOptions& options);

/// Checks the options and puts together what stages, windows and base models share. Where neither
/// users nor annotations say where the objects are, a golden detector (.onnx) finds them too; it is
/// asked about whole frames, so these are kept until their window is labelled.
/// @throws ConfigError
void complete(LiveToolOptions& options);

/// @throws ConfigError for a stream that is to be labelled by annotations and has none
void require_golden_model(const LiveToolOptions& options);

/// Settings of ingestion and inference. @param store where they work
[[nodiscard]] ProgramOptions program_options(const LiveToolOptions& options,
                                             const std::filesystem::path& store);

}  // namespace ekya::cli
