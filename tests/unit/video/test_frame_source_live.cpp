#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "live_source.hpp"
#include "loopback.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

using WallClock = std::chrono::steady_clock;

double seconds_since(WallClock::time_point start) {
    return std::chrono::duration<double>(WallClock::now() - start).count();
}

}  // namespace

TEST_CASE("FrameSource: a server that never answers ends in an InputError at open_timeout") {
    const Loopback silent;
    for (const char* scheme : {"rtsp://", "http://", "tcp://"}) {
        CAPTURE(scheme);
        const auto start = WallClock::now();
        const auto message = message_of<InputError>(
            [&] { FrameSource(scheme + silent.address(), {.open_timeout = 0.7}); });
        CHECK(contains(message, silent.address() + ": no answer within 0.7"));
        CHECK(seconds_since(start) < 2);
    }
}

TEST_CASE("FrameSource: cancelling ends an open that waits") {
    const Loopback silent;
    const auto start = WallClock::now();
    FrameSourceOptions options;
    options.cancelled = [&] { return seconds_since(start) > 0.3; };
    const auto message = message_of<InputError>(
        [&] { FrameSource("rtsp://" + silent.address() + "/cam", options); });
    CHECK(contains(message, "cancelled while opening"));
    CHECK(seconds_since(start) < 1.5);
}

TEST_CASE("FrameSource: nobody at the address is an InputError at once") {
    std::string address;
    {
        const Loopback gone;
        address = gone.address();
    }
    const auto start = WallClock::now();
    CHECK(contains(message_of<InputError>([&] { FrameSource("tcp://" + address); }),
                   "Connection refused"));
    CHECK(seconds_since(start) < 2);
}

TEST_CASE(
    "FrameSource: a live source that drops is connected again; indices and times grow, the gap is "
    "told") {
    const std::string bytes = transport_stream(50);
    const Loopback camera([&](int socket, int connection) {
        if (connection < 2) {
            send_all(socket, bytes);
        }
    });
    FrameSource source("tcp://" + camera.address(), quick());
    CHECK(source.is_live());
    Frame frame;
    std::int64_t count = 0;
    double last_time = -1;
    for (; source.next(frame); ++count) {
        CHECK(frame.index == count);
        CHECK(frame.time > last_time);
        last_time = frame.time;
    }
    CHECK(count == 100);
    const auto gaps = source.take_gaps();
    REQUIRE(gaps.size() == 2);
    CAPTURE(gaps[0]);
    CHECK(contains(gaps[0], "1.96 s: end of stream; connected again after "));
    CHECK(contains(gaps[1], "given up after 3 attempts"));
    CHECK(!source.next(frame));
}

TEST_CASE("FrameSource: time runs on by the wall clock while a live source is away") {
    const std::string bytes = transport_stream(10);
    const Loopback camera([&](int socket, int connection) {
        if (connection == 0 || connection > 1) {
            send_all(socket, bytes);
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        }
    });
    auto options = quick();
    options.max_reconnects = 10;
    FrameSource source("tcp://" + camera.address(), options);
    Frame frame;
    const auto start = WallClock::now();
    for (int i = 0; i < 11; ++i) {
        REQUIRE(source.next(frame));
    }
    CHECK(frame.index == 10);
    CHECK(frame.time > 1.4);
    CHECK(frame.time < seconds_since(start) + 1);
}

TEST_CASE("FrameSource: a live source that falls silent counts as stalled") {
    const std::string bytes = transport_stream(50);
    std::atomic<bool> done = false;
    const Loopback camera([&](int socket, int) {
        send_all(socket, bytes);
        while (!done) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    auto options = quick();
    options.max_reconnects = 0;
    FrameSource source("tcp://" + camera.address(), options);
    Frame frame;
    int count = 0;
    const auto start = WallClock::now();
    while (source.next(frame)) {
        ++count;
    }
    done = true;
    CHECK(count >= 45);
    CHECK(seconds_since(start) < 3);
    const auto gaps = source.take_gaps();
    REQUIRE(gaps.size() == 1);
    CAPTURE(gaps[0]);
    CHECK(contains(gaps[0], "no data for 0.5"));
}

TEST_CASE("FrameSource: cancelling ends the wait for a live source that is away") {
    const std::string bytes = transport_stream(10);
    const Loopback camera([&](int socket, int connection) {
        if (connection == 0) {
            send_all(socket, bytes);
        }
    });
    std::atomic<bool> cancelled = false;
    auto options = quick();
    options.max_reconnects = -1;
    options.cancelled = [&] { return cancelled.load(); };
    FrameSource source("tcp://" + camera.address(), options);
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(600));
        cancelled = true;
    });
    const auto start = WallClock::now();
    Frame frame;
    int count = 0;
    while (source.next(frame)) {
        ++count;
    }
    later.join();
    CHECK(count == 10);
    CHECK(seconds_since(start) < 3);
}

TEST_CASE("FrameSource: a file behind http has an end") {
    const Scratch scratch;
    write_clip(scratch.file("a.mp4"), {.frames = 30});
    const std::string bytes = read(scratch.file("a.mp4"));
    const Loopback server([&](int socket, int) {
        receive_request(socket);
        send_all(
            socket,
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nConnection: close\r\nContent-Length: " +
                std::to_string(bytes.size()) + "\r\n\r\n" + bytes);
    });
    FrameSource source("http://" + server.address() + "/a.mp4", quick());
    CHECK(!source.is_live());
    Frame frame;
    int count = 0;
    while (source.next(frame)) {
        CHECK(frame.index == count++);
    }
    CHECK(count == 30);
}
