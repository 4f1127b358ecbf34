#include <doctest/doctest.h>

#include <chrono>

#include "host_lookup.hpp"
#include "open_policy.hpp"

using namespace ekya;

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

TEST_CASE("parts_of: as FFmpeg takes a URL apart") {
    const auto shown = [](const char* url) {
        const auto parts = parts_of(url);
        return parts ? parts->scheme + " " + parts->host + " " + std::to_string(parts->port)
                     : std::string("none");
    };
    CHECK(shown("rtsp://viewer:sesame@Camera.example/cam") == "rtsp camera.example 554");
    CHECK(shown("HTTP://camera.example:8080?q=a@b") == "http camera.example 8080");
    CHECK(shown("https://[::1]:8554#x") == "https ::1 8554");
    CHECK(shown("http://10.0.0.7@127.0.0.1/") == "http 127.0.0.1 80");
    CHECK(shown("http://a:80b/") == "none");
    CHECK(shown("http://a:/") == "none");
    CHECK(shown("http://a:99999999999/") == "none");
    CHECK(shown("a.mp4") == "none");
    CHECK(shown("://a") == "none");
}

TEST_CASE("redirected: relative to the URL that answered") {
    const std::string base = "http://camera:8080/a/b?c=/d";
    CHECK(redirected(base, "http://other/x") == "http://other/x");
    CHECK(redirected(base, "//other/x") == "http://other/x");
    CHECK(redirected(base, "/x") == "http://camera:8080/x");
    CHECK(redirected(base, "x") == "http://camera:8080/a/x");
    CHECK(redirected("http://camera", "x") == "http://camera/x");
    CHECK(redirected("http://camera?q=/", "x") == "http://camera/x");
}
