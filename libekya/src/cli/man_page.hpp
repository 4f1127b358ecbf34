#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace ekya::cli {

/// A tool's manual page in the language of man(7), from the same table as --help.
/// @param date of the page, "2026-11-30"
[[nodiscard]] std::string man_page(const CLI::App& app, const std::string& tool,
                                   const std::string& version, const std::string& date);

}  // namespace ekya::cli
