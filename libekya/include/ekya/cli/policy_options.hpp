#pragma once
#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

#include "ekya/cli/suggestions.hpp"
#include "ekya/schedule/policy/policies.hpp"

// Header only: ekya::cli itself knows no schedule/; tools that include this link it.
namespace ekya::cli {

/// Accepts a number in [low, high]; CLI::Range lets NaN pass.
inline CLI::Validator number_in(double low, double high) {
    return {[low, high](std::string& text) -> std::string {
                double value = 0;
                if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high)
                    return {};
                return text + " is not in [" + CLI::detail::to_string(low) + ", " +
                       CLI::detail::to_string(high) + "]";
            },
            ""};
}

/// The policies that can plan live windows.
inline CLI::Validator suggest_policies() {
    std::vector<std::string> names;
    for (const auto& policy : policies())
        if (!policy.simulated_only) names.push_back(policy.name);
    return suggest(names);
}

/// The options that the policies declare: same flags, ranges and help in every tool.
/// @param except flags of which the tool has a form of its own
inline void add(CLI::App& app, PolicyOptions& options, const std::set<std::string>& except = {}) {
    for (const auto& policy : policies())
        for (const auto& option : policy.options) {
            if (except.count(option.flag)) continue;
            CLI::Option* added = nullptr;
            if (option.set_number)
                added = app.add_option_function<double>(
                               option.flag,
                               [&options, set = option.set_number](double value) {
                                   set(options, value);
                               },
                               option.help)
                            ->check(number_in(option.low, option.high));
            else
                added = app.add_option_function<std::string>(
                               option.flag,
                               [&options, set = option.set_word](const std::string& word) {
                                   set(options, word);
                               },
                               option.help)
                            ->check(CLI::IsMember(option.words));
            added->default_str(option.standard)->group("Policies");
        }
}

}  // namespace ekya::cli
