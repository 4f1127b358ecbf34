#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace ekya {

/// Columns that a terminal or a log is taken to have.
inline constexpr std::size_t line_columns = 100;

/// Columns that text takes on a terminal, if each of its characters takes one.
[[nodiscard]] std::size_t columns_of(const std::string& text);

/// The head and the cells behind it, two spaces apart. Cells that do not fit into one line of
/// `most` columns stand below each other in columns of equal width, each line with the head before
/// it, so that lines can be told apart among those of others.
[[nodiscard]] std::vector<std::string> in_columns(const std::string& head,
                                                  const std::vector<std::string>& cells,
                                                  std::size_t most = line_columns);

}  // namespace ekya
