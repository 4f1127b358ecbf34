#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// The ground truth of one video: boxes by frame.
class AnnotationTable {
public:
    AnnotationTable() = default;
    /// @param lines  line of each row in `file`, for messages; as many as rows
    AnnotationTable(std::string file, std::vector<Annotation> rows, std::vector<int> lines);

    /// The boxes of one frame in the order of the file; empty if it has none.
    [[nodiscard]] std::span<const Annotation> of(std::int64_t frame) const;
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    /// All rows, ordered by frame.
    [[nodiscard]] std::span<const Annotation> rows() const { return rows_; }
    /// "boxes.csv:17" for the row of that position in rows().
    [[nodiscard]] std::string place(std::size_t row) const;
    void set_box(std::size_t row, const Box& box) { rows_[row].box = box; }

private:
    std::string file_;
    std::vector<Annotation> rows_;
    std::vector<int> lines_;
};

/// Reads a CSV file with the header `frame,class,x0,y0,x1,y1`: 0-based frame, class name, pixels
/// (x1, y1 exclusive). Rows may come in any order. CRLF, spaces around fields, blank lines and a
/// UTF-8 byte order mark are tolerated.
/// @param classes  the names allowed; the message for any other one lists them
/// @throws InputError "boxes.csv:17: found, expected" for the first line that does not fit
[[nodiscard]] AnnotationTable read_annotations(const std::filesystem::path& file,
                                               std::span<const std::string> classes);

/// Clips boxes that reach over the border of the frame.
/// @return how many were clipped
/// @throws InputError naming file and line of the first box completely outside; the table is
/// unchanged then
std::size_t check_inside(AnnotationTable& table, int width, int height);

}  // namespace ekya
