#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ekya::cli {

/// What is known of an option, for pages, completion and configurations.
struct OptionEntry {
    const CLI::Option* option;
    std::string key;    ///< its long name without dashes
    std::string names;  ///< as on a command line: "-o, --output"
    std::string value;  ///< kind of its value: "INT", "TEXT"; empty = a flag
    std::string range;  ///< what values are checked for, e.g. "INT in [1 - 9]"; empty = nothing
    std::vector<std::string> words;  ///< the values that there are; empty = not a list of words
    std::string standard;            ///< the value if it is not given; empty = none
    std::string help;
    std::string group;
    bool repeatable = false, required = false;

    [[nodiscard]] bool is_flag() const { return value.empty(); }
    [[nodiscard]] bool is_number() const;
};

/// All options with a long name, in the order of --help; hidden ones are left out.
[[nodiscard]] std::vector<OptionEntry> option_table(const CLI::App& app);

/// Whether a file and the environment may give it: --help, --config and the like are for command
/// lines alone.
[[nodiscard]] bool is_setting(const CLI::Option& option);

/// Names of the environment variables of a tool's options begin with it: "EKYA_TRAIN_".
[[nodiscard]] std::string variable_prefix(const std::string& tool);
/// "EKYA_TRAIN_BATCH_SIZE" for --batch-size of ekya-train.
[[nodiscard]] std::string variable_of(const std::string& tool, const std::string& key);

}  // namespace ekya::cli
