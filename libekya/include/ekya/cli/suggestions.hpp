#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ekya::cli {

/// Words that --help names and shells complete, for an option that takes others too: "cuda:1"
/// besides "cuda". It refuses nothing.
inline CLI::Validator suggest(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "{" : ",") + word;
    return {[](std::string&) { return std::string(); }, text + "}"};
}

}  // namespace ekya::cli
