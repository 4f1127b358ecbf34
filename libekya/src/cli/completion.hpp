#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace ekya::cli {

/// Completion of a tool's options and of their values, from the same table as --help.
[[nodiscard]] std::string bash_completion(const CLI::App& app, const std::string& tool);
[[nodiscard]] std::string zsh_completion(const CLI::App& app, const std::string& tool);

}  // namespace ekya::cli
