#pragma once
#include <CLI/CLI.hpp>
#include <memory>

#include "ekya/cli/run_tool.hpp"

namespace ekya::cli {

/// Keeps with an app what describe() says of it.
class DescribedFormatter : public CLI::Formatter {
public:
    explicit DescribedFormatter(Description of) : description(std::move(of)) {}
    Description description;
};

/// Empty if nothing was said.
[[nodiscard]] inline Description description_of(const CLI::App& app) {
    const auto formatter = std::dynamic_pointer_cast<DescribedFormatter>(app.get_formatter());
    return formatter ? formatter->description : Description{};
}

}  // namespace ekya::cli
