// Places for tests: a directory of their own, and the shared data where there is some.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace ekya::test {

/// A new directory, removed with everything in it at the end.
class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const {
        return (directory_ / name).string();
    }

private:
    std::filesystem::path directory_;
};

void write(const std::string& file, std::string_view content);
[[nodiscard]] std::string read(const std::string& file);

/// A file of the shared data, which is no part of the repository; none, with a MESSAGE, where it is
/// absent.
[[nodiscard]] std::optional<std::string> shared_data(const std::string& name);

/// The message of the exception of type E that `work` throws; "" if it throws none.
template <typename E, typename Work> std::string message_of(Work&& work) {
    try {
        work();
    } catch (const E& e) {
        return e.what();
    }
    return {};
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace ekya::test
