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

TEST_CASE("without_secrets: passwords of URLs, whatever they contain") {
    const auto shown = [](std::string_view text) { return without_secrets(text); };
    CHECK(shown("rtsp://viewer:sesame@10.0.0.7:554/cam?x=1") ==
          "rtsp://viewer:***@10.0.0.7:554/cam?x=1");
    for (const char* password : {"a/b", "a#b", "a@b", "a:b", "a?b", "a@b/c", "a&b=c", "", "a\"b",
                                 "/", "#", "@", "//", "://", "a%2Fb", "554/x"})
        CHECK(shown(std::string("rtsp://viewer:") + password + "@host/cam") ==
              "rtsp://viewer:***@host/cam");
    CHECK(shown("rtsp:/viewer:sesame@host/cam") == "rtsp:/viewer:***@host/cam");
    CHECK(shown("rtsp:///viewer:sesame@host/cam") == "rtsp:///viewer:***@host/cam");
    CHECK(shown("cannot open 'rtsp://v:a/b@h/cam': refused by x@y") ==
          "cannot open 'rtsp://v:***@h/cam': refused by x@y");
    CHECK(shown("rtsp://a:b@c rtsp://d:e@f") == "rtsp://a:***@c rtsp://d:***@f");
    CHECK(shown("concat:rtsp://a:b@c") == "concat:rtsp://a:***@c");
    CHECK(shown(shown("rtsp://a:b@c?key=d")) == "rtsp://a:***@c?key=***");
}

TEST_CASE("without_secrets: parameters that are named like secrets") {
    const auto shown = [](std::string_view text) { return without_secrets(text); };
    CHECK(shown("http://h/c?user=a&password=b#c/d&x=1") == "http://h/c?user=a&password=***&x=1");
    CHECK(shown("http://h/c?Token=b: refused") == "http://h/c?Token=***: refused");
    CHECK(shown("http://h/c?api_key=b&access-token=c") ==
          "http://h/c?api_key=***&access-token=***");
    CHECK(shown("http://h/c#auth=b") == "http://h/c#auth=***");
    CHECK(shown("rtsp://h/user=admin_password=b_channel=1.sdp") ==
          "rtsp://h/user=admin_password=***");
    CHECK(shown("rtsp://v:a@h/?pwd=b") == "rtsp://v:***@h/?pwd=***");
}

TEST_CASE("without_secrets: text without secrets stays") {
    for (const char* text :
         {"rtsp://viewer@host:554/cam", "rtsp://host:554/cam", "udp://@239.0.0.1:1234",
          "tcp://[::1]:8554/a@b", "videos/a:b@c.mp4", "a:/b", "/a:/b: x", "http://h/c?x=1&y=2", "",
          "://", ":/", "a://", "plans.jsonl:17: /share: 1.3", "http://h?key=&x=1", "?password=b"})
        CHECK(without_secrets(text) == text);
}
