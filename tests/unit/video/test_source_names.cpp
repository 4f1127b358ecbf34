#include <doctest/doctest.h>

#include <chrono>

#include "host_lookup.hpp"
#include "source_kind.hpp"

using namespace ekya;

TEST_CASE("without_password: only the password goes") {
    CHECK(without_password("rtsp://viewer:sesame@10.0.0.7:554/cam?x=1") ==
          "rtsp://viewer:***@10.0.0.7:554/cam?x=1");
    CHECK(without_password("rtsp://viewer:a:b@c@host/cam") == "rtsp://viewer:***@host/cam");
    CHECK(without_password("rtsp://viewer@host:554/cam") == "rtsp://viewer@host:554/cam");
    CHECK(without_password("rtsp://host:554/a:b@c") == "rtsp://host:554/a:b@c");
    CHECK(without_password("http://host?a:b@c") == "http://host?a:b@c");
    CHECK(without_password("videos/a:b@c.mp4") == "videos/a:b@c.mp4");
}

TEST_CASE("host_of: user, port, path and brackets are not the host's") {
    CHECK(host_of("rtsp://viewer:sesame@camera.example:554/cam") == "camera.example");
    CHECK(host_of("http://camera.example?q=a@b") == "camera.example");
    CHECK(host_of("tcp://[::1]:8554") == "::1");
    CHECK(host_of("udp://@239.0.0.1:1234") == "239.0.0.1");
    CHECK(host_of("a.mp4").empty());
    CHECK(host_of("file:///a.mp4").empty());
}

TEST_CASE("await_lookup: an address needs no name server; a cancelled wait ends") {
    const Interrupt cancelled([] { return true; });
    CHECK(await_lookup("127.0.0.1", cancelled));
    CHECK(await_lookup("::1", cancelled));
    CHECK(await_lookup("", cancelled));
    const auto start = std::chrono::steady_clock::now();
    (void)await_lookup("no-such-host.invalid", cancelled);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}
