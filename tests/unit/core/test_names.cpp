#include <doctest/doctest.h>

#include <string>

#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"

using namespace ekya;

TEST_CASE("is_plain_text: UTF-8 of all scripts, nothing that a terminal obeys") {
    for (const char* text : {"", "a", "rtsp://camera:554/stream?x=1", "Straße 路 😀", "\"\\'"})
        CHECK(is_plain_text(text));
    for (const char* text : {"\n", "a\x1b[31m", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
                             "\xe2\x81\xa6", "\xff", "\xc3", "\xed\xa0\x80"})
        CHECK_FALSE(is_plain_text(text));
    CHECK_FALSE(is_plain_text(std::string("a\0b", 3)));
}

TEST_CASE("is_file_name: no path, no hidden file, no option, no shell's word") {
    for (const char* name : {"a", "cam-1.north", "w00004-e15", "00009.bak", "A_b", "9"})
        CHECK(is_file_name(name));
    for (const char* name : {"", ".", "..", ".a", "-a", "_a", "a/b", "/a", "a b", "a\n", "a*", "ä",
                             "$(x)", "a;b", "a:b", "~a"})
        CHECK_FALSE(is_file_name(name));
    CHECK(is_file_name(std::string(limits::name_bytes, 'a')));
    CHECK_FALSE(is_file_name(std::string(limits::name_bytes + 1, 'a')));
}

TEST_CASE("is_class_name: blanks and commas inside, none at the ends") {
    for (const char* name : {"car", "traffic light", "car, red", "a=b", "路"})
        CHECK(is_class_name(name));
    for (const char* name : {"", " ", " car", "car ", "a\nb", "a\tb", "\x1b[31m"})
        CHECK_FALSE(is_class_name(name));
    CHECK_FALSE(is_class_name(std::string(limits::class_bytes + 1, 'a')));
}
