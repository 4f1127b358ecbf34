#include <doctest/doctest.h>

#include "ekya/core/columns.hpp"

using namespace ekya;

TEST_CASE("in_columns: one line if it fits, else aligned lines, each with the head") {
    using Lines = std::vector<std::string>;
    CHECK(in_columns("window 2:", {"a 80 %", "b 9 %"}) == Lines{"window 2:  a 80 %  b 9 %"});
    CHECK(in_columns("w:", {"a 80 %", "b 9 %", "c 70 %"}, 20) ==
          Lines{"w:  a 80 %  b 9 %", "w:  c 70 %"});
    CHECK(in_columns("w:", {"a 9 %", "bb 70 %", "c 7 %", "d 1 %"}, 22) ==
          Lines{"w:  a 9 %    bb 70 %", "w:  c 7 %    d 1 %"});
    CHECK(in_columns("window 2:", {}) == Lines{"window 2:"});
}

TEST_CASE("in_columns: eight cameras fit 100 columns; a cell that is too long stands alone") {
    std::vector<std::string> cells;
    for (int i = 0; i < 8; ++i)
        cells.push_back("camera-" + std::to_string(i) + " agrees 84 % (72-92, n 41)");
    const auto lines = in_columns("window 12:", cells);
    CHECK(lines.size() == 4);
    for (const auto& line : lines) CHECK(columns_of(line) <= line_columns);
    CHECK(in_columns("w:", {std::string(200, 'x'), "y"}).size() == 2);
}

TEST_CASE("columns_of: characters of UTF-8, not bytes") {
    CHECK(columns_of("caf\xc3\xa9") == 4);
    // padding is by columns
    CHECK(in_columns("w:", {"\xc3\xa9", "bb", "c"}, 10) ==
          std::vector<std::string>{"w:  \xc3\xa9   bb", "w:  c"});
}
