#include <doctest/doctest.h>

#include <string>

#include "ekya/core/text.hpp"

using namespace ekya;

TEST_CASE("printable: text stays, what a terminal would obey is written out") {
    CHECK(printable("stream caf\xc3\xa9 \xe8\xbb\x8a \xf0\x9f\x9a\x97, 10 %") ==
          "stream caf\xc3\xa9 \xe8\xbb\x8a \xf0\x9f\x9a\x97, 10 %");
    CHECK(printable("a\x1b[31mred") == "a\\x1b[31mred");
    CHECK(printable("two\nlines\tand\rone\x7f") == "two\\x0alines\\x09and\\x0done\\x7f");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\xc2\\x9b31m");  // the one-byte escape sequence of Latin-1
    CHECK(printable("\xe2\x80\xae"
                    "gpj.exe") == "\\xe2\\x80\\xaegpj.exe");  // right to left
}

TEST_CASE("printable: bytes that are no UTF-8") {
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
    CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
    CHECK(printable("cut \xe8\xbb") == "cut \\xe8\\xbb");
}

TEST_CASE("printable: a long text is cut between characters") {
    CHECK(printable("12345", 5) == "12345");
    CHECK(printable("123456", 5) == "12345...");
    CHECK(printable("1234\xc3\xa9", 5) == "1234...");
    CHECK(printable(std::string(100'000'000, 'x'), 10) == "xxxxxxxxxx...");
}
