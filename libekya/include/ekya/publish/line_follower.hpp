#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ekya {

/// The lines that another program appends to a file, as they come: whole ones only. A file that is
/// not there yet is awaited; one that takes its place, since the program began it anew, is read
/// from its begin when the old one has been read to its end.
class LineFollower {
public:
    enum class From { begin, end };
    LineFollower(std::filesystem::path file, From from);
    ~LineFollower();
    LineFollower(const LineFollower&) = delete;
    LineFollower& operator=(const LineFollower&) = delete;

    /// What has come since the last call, some of it if it is much. Lines beyond
    /// limits::line_bytes are left out.
    [[nodiscard]] std::vector<std::string> take();

private:
    [[nodiscard]] bool open();
    void close();
    [[nodiscard]] bool is_replaced() const;
    /// @return whether anything was there
    bool read_some(std::vector<std::string>& lines);

    std::filesystem::path file_;
    From from_;
    int descriptor_ = -1;
    std::string rest_;       // of a line whose end has not come
    bool too_long_ = false;  // it is, and is left out
};

}  // namespace ekya
