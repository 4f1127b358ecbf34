#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace ekya::test {

/// A file of the shared data, which is no part of the repository; none, with a MESSAGE, where it is
/// absent.
inline std::optional<std::string> shared_data(const std::string& name) {
    const char* const given = std::getenv("EKYA_SHARED_DATA");
    const auto directory =
        given != nullptr ? std::filesystem::path(given)
                         : std::filesystem::path(EKYA_SOURCE_DIR).parent_path() / "shared" / "data";
    const auto file = directory / name;
    if (std::filesystem::exists(file)) return file.string();
    MESSAGE("skipped: no shared data at " << file.string() << " (set EKYA_SHARED_DATA)");
    return std::nullopt;
}

}  // namespace ekya::test
