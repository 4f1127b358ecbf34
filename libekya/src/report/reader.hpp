// Reads records of a store one by one, so that a damaged one costs nothing but itself.
#pragma once
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/records.hpp"

namespace ekya::report {

class Reader {
public:
    /// @param damaged gets a message for each record that cannot be read
    explicit Reader(std::vector<std::string>& damaged) : damaged_(damaged) {}

    /// What `read` returns; none, and a message, if it throws.
    template <typename Read> auto try_to(Read&& read) -> std::optional<decltype(read())> {
        try {
            return read();
        } catch (const Error& error) {
            note(error.what());
            return std::nullopt;
        }
    }
    /// A record that is read twice is named once.
    void note(const std::string& message) {
        const auto text = printable(message);
        if (std::find(damaged_.begin(), damaged_.end(), text) == damaged_.end())
            damaged_.push_back(text);
    }

    /// Records of a directory whose files are named by windows, ascending.
    template <typename Record>
    std::vector<Record> by_window(const std::filesystem::path& directory,
                                  const std::string& stream = {}) {
        std::vector<Record> found;
        for (const int window : windows_in(directory)) {
            const auto file = directory / (window_number(window) + ".json");
            auto record = try_to([&] { return read_record<Record>(file); });
            if (!record) continue;
            bool fits = record->window == window;
            if constexpr (
                requires { record->moments; } || requires { record->profiling_seconds; } ||
                requires { record->latency_p50; })
                fits = fits && record->stream == stream;
            if (fits)
                found.push_back(std::move(*record));
            else
                note(file.string() + ": holds another record, which does not belong here");
        }
        return found;
    }

    /// Numbers of windows that name files or directories in a directory, ascending.
    [[nodiscard]] static std::vector<int> windows_in(const std::filesystem::path& directory) {
        std::vector<int> windows;
        std::error_code code;
        for (const auto& entry : std::filesystem::directory_iterator(directory, code)) {
            const std::string name = entry.path().stem().string();
            int window = -1;
            const char* const last = name.data() + name.size();
            const auto [end, error] = std::from_chars(name.data(), last, window);
            if (error == std::errc{} && end == last && window >= 0 && window <= limits::window &&
                window_number(window) == name)
                windows.push_back(window);
        }
        std::sort(windows.begin(), windows.end());
        return windows;
    }

private:
    std::vector<std::string>& damaged_;
};

}  // namespace ekya::report
