#pragma once
#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

namespace ekya::cli {

/// Environment variable that says that a program of ekya has started this one. What such a program
/// is to do, its starter says by options alone: the variables of options have no effect on it.
inline constexpr const char* started_by_variable = "EKYA_STARTED_BY";

/// An option with what a file or the environment gives it.
struct Setting {
    const CLI::Option* option;
    std::vector<std::string> values;
    std::string place;  ///< where it stands: "serve.toml:3", or the name of a variable
};

/// What has to be known of a command line before it is parsed.
struct CommandLine {
    std::set<const CLI::Option*> given;
    std::string config;  ///< value of --config; empty = not given
};
[[nodiscard]] CommandLine look_at(const CLI::App& app, int argc, char** argv);

/// The settings of a TOML file for a tool: keys at its top and in the table of the tool's name,
/// which come later and so count. Tables named after other tools are theirs.
/// @throws ConfigError naming file, line and key
[[nodiscard]] std::vector<Setting> settings_of_file(const std::string& path,
                                                    const std::string& tool, const CLI::App& app);

/// @param environment "NAME=value"; the last entry is null
/// @param unknown gets the names of variables that are named after the tool and no option of it
[[nodiscard]] std::vector<Setting> settings_of_environment(char** environment,
                                                           const std::string& tool,
                                                           const CLI::App& app,
                                                           std::vector<std::string>& unknown);

/// The settings that count where the command line gives nothing: of each option the last.
[[nodiscard]] std::vector<Setting> settings_in_effect(const std::vector<Setting>& settings,
                                                      const std::set<const CLI::Option*>& given);

/// The same as words of a command line, to be put before those that a user gave.
[[nodiscard]] std::vector<std::string> words_of(const std::vector<Setting>& settings);

/// The message with the places of the settings that it is about before it.
[[nodiscard]] std::string with_place(const std::string& message,
                                     const std::vector<Setting>& settings);

/// The options of a parsed command line as a file for --config. Options that have their default,
/// and secrets, are comments.
[[nodiscard]] std::string settings_text(const CLI::App& app, const std::string& tool,
                                        const std::vector<Setting>& settings);

}  // namespace ekya::cli
