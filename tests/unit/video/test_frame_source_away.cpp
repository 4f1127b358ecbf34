#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/video/image_files.hpp"
#include "live_source.hpp"
#include "loopback.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE(
    "FrameSource: whoever waits is told that a live source is away, since when, and the time of "
    "the wall") {
    const std::string bytes = transport_stream(10);
    const Loopback camera([&](int socket, int connection) {
        if (connection == 0 || connection > 1) {
            send_all(socket, bytes);
        }
    });
    auto options = quick();
    options.max_reconnects = 10;
    options.live_start = 60;
    std::vector<std::string> causes;
    std::vector<double> times;
    options.away = [&](Seconds time, const std::string& gap) {
        times.push_back(time);
        causes.push_back(gap);
    };
    FrameSource source("tcp://" + camera.address(), options);
    Frame frame;
    for (int i = 0; i < 10; ++i) {
        REQUIRE(source.next(frame));
        CHECK(frame.time == doctest::Approx(60 + 0.04 * i));
    }
    CHECK(causes.empty());
    REQUIRE(source.next(frame));
    REQUIRE(!causes.empty());
    CHECK(causes.front() == "60.36 s: end of stream");
    CHECK(contains(causes.back(), "60.36 s: end of stream; "));  // and why the first attempt failed
    CHECK(times.front() >= 60);
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(frame.time >= times.back());
    const auto told = causes.size();
    REQUIRE(source.next(frame));
    CHECK(causes.size() == told);
    CHECK(source.failure().empty());
}

TEST_CASE(
    "FrameSource: what is thrown while a source is away comes out of next(), also from within "
    "FFmpeg") {
    const std::string bytes = transport_stream(10);
    for (const bool connecting : {false, true}) {
        std::atomic<bool> done = false;
        std::atomic<int> connections = 0;
        const Loopback camera([&](int socket, int connection) {
            connections = connection + 1;
            if (connection == 0) {
                send_all(socket, bytes);
            }
            while (connection > 0 && !done) {  // takes the connection, says nothing
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        });
        auto options = quick();
        options.away = [&](Seconds, const std::string&) {
            if (!connecting || connections > 1) {
                throw SystemError("the disk is full");
            }
        };
        FrameSource source("tcp://" + camera.address(), options);
        Frame frame;
        const auto drain = [&] {
            while (source.next(frame)) {}
        };
        CHECK(message_of<SystemError>(drain) == "the disk is full");
        done = true;
    }
}

TEST_CASE("FrameSource: a source that is given up says so, one that simply ends does not") {
    const std::string bytes = transport_stream(10);
    const Loopback camera([&](int socket, int connection) {
        if (connection % 10 == 0) {
            send_all(socket, bytes);
        }
    });
    const auto failure_with = [&](int max_reconnects) {
        auto options = quick();
        options.max_reconnects = max_reconnects;
        FrameSource source("tcp://viewer:sesame@" + camera.address(), options);
        CHECK(source.name() == "tcp://viewer:***@" + camera.address());
        Frame frame;
        while (source.next(frame)) {}
        return source.failure();
    };
    const auto failure = failure_with(9);
    CAPTURE(failure);
    CHECK(contains(failure, "tcp://viewer:***@" + camera.address() +
                                ": end of stream; given up after 9 attempts to connect again: "));
    CHECK(failure_with(0).empty());
}

namespace {

// Pictures as a camera's web page sends them, 10 a second.
void send_pictures(int socket, const std::vector<std::string>& pictures) {
    send_all(
        socket,
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=picture\r\n\r\n");
    for (const auto& picture : pictures) {
        send_all(socket, "--picture\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                             std::to_string(picture.size()) + "\r\n\r\n" + picture + "\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace

TEST_CASE(
    "FrameSource: MJPEG over HTTP runs by the wall clock; a server that refuses access is not "
    "asked for ever") {
    std::vector<std::string> pictures;
    for (int i = 0; i < 12; ++i) {
        pictures.push_back(encode_image(numbered_image(i), "jpg"));
    }
    const Loopback camera([&](int socket, int connection) {
        receive_request(socket);
        if (connection == 0) {
            send_pictures(socket, pictures);
        } else {
            send_all(socket,
                     "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    auto options = quick();
    options.max_reconnects = -1;
    FrameSource source("http://" + camera.address() + "/cam", options);
    CHECK(source.is_live());
    Frame frame;
    int count = 0;
    while (source.next(frame)) {
        CHECK(number_in(frame.image()) == count);
        ++count;
    }
    CHECK(count == 12);
    CHECK(frame.time > 0.9);  // FFmpeg assumes 25 pictures a second: 0.44 s
    CAPTURE(source.failure());
    CHECK(contains(source.failure(), "given up after 1 attempt to connect again: access refused"));
}
