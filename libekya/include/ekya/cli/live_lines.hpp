#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace ekya::cli {

/// Lines of a pipe as they come, with a limit on the waiting, which a std::istream does not know.
class LiveLines {
public:
    /// @param descriptor open for reading; stays the caller's. Nothing else may read from it
    explicit LiveLines(int descriptor) : descriptor_(descriptor) {}

    /// The next line without its newline; nothing if none came within the time, at the end, or if a
    /// signal came. The text behind the last newline counts as a line when the writer has closed.
    /// @throws SystemError if the descriptor cannot be read
    [[nodiscard]] std::optional<std::string> next(std::chrono::milliseconds limit);
    /// The writer has closed, and all lines are handed out.
    [[nodiscard]] bool ended() const { return closed_ && text_.empty(); }
    /// Number of the line handed out last, from 1.
    [[nodiscard]] long line() const { return line_; }

private:
    [[nodiscard]] std::optional<std::string> take_line();

    int descriptor_;
    std::string text_;
    bool closed_ = false;
    long line_ = 0;
};

}  // namespace ekya::cli
