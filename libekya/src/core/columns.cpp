#include "ekya/core/columns.hpp"

#include <algorithm>

namespace ekya {
namespace {

constexpr std::size_t gap = 2;

std::string one_line(const std::string& head, const std::vector<std::string>& cells) {
    std::string line = head;
    for (const auto& cell : cells) line += std::string(gap, ' ') + cell;
    return line;
}

}  // namespace

std::size_t columns_of(const std::string& text) {
    // Bytes that continue a character of UTF-8 take none.
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::vector<std::string> in_columns(const std::string& head, const std::vector<std::string>& cells,
                                    std::size_t most) {
    const auto line = one_line(head, cells);
    if (columns_of(line) <= most) return {line};
    std::size_t width = 0;
    for (const auto& cell : cells) width = std::max(width, columns_of(cell));
    const auto room = most - std::min(most, columns_of(head));
    const auto in_a_line = std::max<std::size_t>(room / (width + gap), 1);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i % in_a_line == 0) {
            lines.push_back(head);
        } else {
            const auto padding = width - columns_of(cells[i - 1]);
            lines.back() += std::string(padding, ' ');
        }
        lines.back() += std::string(gap, ' ') + cells[i];
    }
    return lines;
}

}  // namespace ekya
