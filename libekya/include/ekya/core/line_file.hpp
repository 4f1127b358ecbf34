#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ekya {

/// Counts the records that a program cannot write and words the two messages about them: one when
/// that begins, and one with their number when it is over.
class DropTally {
public:
    /// @param what "answers", say @param where they go, for the text
    DropTally(std::string what, std::string where)
        : what_(std::move(what)), where_(std::move(where)) {}
    /// One is lost. @return what to tell; empty = nothing
    [[nodiscard]] std::string dropped(const std::string& why);
    /// One was written. @return what to tell; empty = nothing
    [[nodiscard]] std::string written();
    /// In all.
    [[nodiscard]] std::int64_t count() const { return before_ + now_; }

private:
    std::string what_, where_;
    std::int64_t now_ = 0, before_ = 0;
};

/// A file of lines that a program appends to for as long as it runs. A full disk costs lines, not
/// the program: each is in the file as a whole or not at all, and the next one is tried again.
class LineFile {
public:
    LineFile() = default;
    /// Opens it, or makes it, to append. On a disk that is full that is tried again with each line.
    /// @param what its lines are, for messages: "answers"
    /// @throws SystemError if it cannot be opened for another reason; a pipe that nobody reads is
    /// one
    explicit LineFile(std::filesystem::path file, std::string what = "lines");
    ~LineFile();
    LineFile(LineFile&& other) noexcept;
    LineFile& operator=(LineFile&& other) noexcept;

    /// @return what to tell people about dropped lines; empty = nothing
    [[nodiscard]] std::string add(std::string_view line);
    [[nodiscard]] std::int64_t dropped() const { return tally_.count(); }
    /// Bytes, where it is a file.
    [[nodiscard]] std::uintmax_t size() const;
    /// The file gets another name and a new one is begun. A directory that has that name is
    /// renamed first. Stays as it is if that is not possible.
    /// @return what to tell people if it is not possible, once; empty = nothing
    std::string begin_anew(const std::filesystem::path& kept_as);

private:
    /// @return why not; 0 = it is open
    [[nodiscard]] int open();
    [[nodiscard]] int write(std::string_view line) const;
    void close();

    std::filesystem::path file_;
    int descriptor_ = -1;
    bool told_of_name_ = false;  ///< that it cannot be begun anew
    DropTally tally_{"lines", ""};
};

}  // namespace ekya
