#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/sockets.hpp"
#include "samples.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds long_enough{20000};  // an upper limit that only a failing test reaches

std::string ipc(const Scratch& scratch, const std::string& name) {
    return "ipc://" + (scratch / name).string();
}

FrameHeader header_of(std::int64_t frame, int width, int height) {
    return {"a", 0, frame, 0.1, width, height, {}};
}

std::string header_text(int width, int height) {
    return to_line(encode(header_of(1, width, height)));
}

FrameImage image_of(int width, int height, int value) {
    return {width, height,
            std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3),
                                      static_cast<std::uint8_t>(value))};
}

/// The next thing `poll` gives, waited for.
template <typename Poll> auto await(InferenceSockets& sockets, Poll&& poll) -> decltype(poll()) {
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (std::chrono::steady_clock::now() < end) {
        if (auto got = poll()) return got;
        sockets.wait(milliseconds(50));
    }
    return {};
}

auto next_frame(InferenceSockets& sockets) {
    return await(sockets, [&] { return sockets.next_frame(); });
}

auto next_request(InferenceSockets& sockets) {
    return await(sockets, [&] { return sockets.next_request(); });
}

/// While it lives, this thread is interrupted by signals that are handled, as SIGINT is in a tool.
class SignalStorm {
public:
    SignalStorm() : target_(pthread_self()) {
        struct sigaction action {};
        action.sa_handler = [](int) {};  // without SA_RESTART: system calls return EINTR
        sigaction(SIGUSR1, &action, &before_);
        thread_ = std::thread([this] {
            while (!done_) {
                pthread_kill(target_, SIGUSR1);
                std::this_thread::sleep_for(milliseconds(5));
            }
        });
    }
    ~SignalStorm() {
        done_ = true;
        thread_.join();
        sigaction(SIGUSR1, &before_, nullptr);
    }
    SignalStorm(const SignalStorm&) = delete;
    SignalStorm& operator=(const SignalStorm&) = delete;

private:
    pthread_t target_;
    struct sigaction before_ {};
    std::atomic<bool> done_ = false;
    std::thread thread_;
};

/// A peer that speaks the protocol by hand.
struct RawPublisher {
    zmq::context_t context{1};
    zmq::socket_t socket{context, zmq::socket_type::xpub};

    explicit RawPublisher(const std::string& endpoint) {
        socket.set(zmq::sockopt::linger, 0);
        socket.bind(endpoint);
    }
    void await_subscriber() {
        zmq::message_t message;
        (void)socket.recv(message);
    }
    void send(const std::vector<std::string>& parts) {
        for (std::size_t i = 0; i < parts.size(); ++i)
            socket.send(zmq::buffer(parts[i]),
                        i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
};

}  // namespace

TEST_CASE(
    "FramePublisher to InferenceSockets: frames and a window's end arrive whole and in order") {
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 8);
    InferenceSockets sockets(ipc(scratch, "frames"), "", 8);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    CHECK_FALSE(sockets.next_frame());
    CHECK_FALSE(sockets.next_request());  // no control endpoint

    auto header = sample_header();
    header.width = 5;
    header.height = 3;
    auto image = image_of(5, 3, 0);
    for (std::size_t i = 0; i < image.bgr.size(); ++i)
        image.bgr[i] = static_cast<std::uint8_t>(i * 5);
    publisher.publish(header, image);
    publisher.publish(header_of(1, 0, 0), {});
    publisher.publish(sample_end());

    const auto first = next_frame(sockets);
    REQUIRE(first);
    REQUIRE(first->frame);
    CHECK_FALSE(first->end);
    CHECK(encode(*first->frame) == encode(header));
    CHECK(first->image.width == 5);
    CHECK(first->image.height == 3);
    CHECK(first->image.bgr == image.bgr);
    const auto second = next_frame(sockets);
    REQUIRE(second);
    REQUIRE(second->frame);
    CHECK(second->frame->frame == 1);
    CHECK(second->image.bgr.empty());
    const auto third = next_frame(sockets);
    REQUIRE(third);
    REQUIRE(third->end);
    CHECK_FALSE(third->frame);
    CHECK(encode(*third->end) == encode(sample_end()));
    CHECK_FALSE(sockets.next_frame());
}

TEST_CASE("FramePublisher: every subscriber gets every frame") {
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 8);
    InferenceSockets one(ipc(scratch, "frames"), "", 8), other(ipc(scratch, "frames"), "", 8);
    REQUIRE(publisher.wait_for_subscribers(2, long_enough, nullptr));
    publisher.publish(header_of(7, 2, 2), image_of(2, 2, 9));
    for (auto* sockets : {&one, &other}) {
        const auto message = next_frame(*sockets);
        REQUIRE(message);
        CHECK(message->frame->frame == 7);
    }
}

TEST_CASE("FramePublisher: a slow subscriber loses frames, the publisher never waits for it") {
    constexpr int frames = 200, side = 320;  // 60 MB: far more than queues and socket buffers hold
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 4);
    InferenceSockets sockets(ipc(scratch, "frames"), "", 4);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    const auto image = image_of(side, side, 1);
    for (int i = 0; i < frames; ++i)
        publisher.publish(header_of(i, side, side), image);  // would hang here

    int received = 0;
    std::int64_t last = -1;
    while (const auto message = received == 0 ? next_frame(sockets) : sockets.next_frame()) {
        REQUIRE(message->frame);
        CHECK(message->frame->frame > last);
        CHECK(message->image.bgr.size() == image.bgr.size());  // whole ones only
        last = message->frame->frame;
        ++received;
    }
    CHECK(received > 0);
    CHECK(received < frames);
}

TEST_CASE("FramePublisher: without a subscriber publishing costs nothing and waits for nothing") {
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 2);
    CHECK_NOTHROW(for (int i = 0; i < 1000; ++i)
                      publisher.publish(header_of(i, 16, 16), image_of(16, 16, 0)));
    CHECK_NOTHROW(publisher.publish(sample_end()));
}

TEST_CASE("wait_for_subscribers: none wanted, none coming, cancelled") {
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 2);
    CHECK(publisher.wait_for_subscribers(0, milliseconds(0), nullptr));
    CHECK_FALSE(publisher.wait_for_subscribers(1, milliseconds(60), nullptr));
    int asked = 0;
    CHECK_FALSE(publisher.wait_for_subscribers(1, long_enough, [&] { return ++asked == 2; }));
    CHECK(asked == 2);
    const InferenceSockets sockets(ipc(scratch, "frames"), "", 2);
    CHECK_FALSE(publisher.wait_for_subscribers(2, milliseconds(200), nullptr));  // one of two
}

TEST_CASE("wait_for_subscribers and send_control: a signal does not break the waiting") {
    const Scratch scratch;
    const SignalStorm storm;
    FramePublisher publisher(ipc(scratch, "frames"), 2);
    CHECK(message_of<std::exception>([&] {
              CHECK_FALSE(publisher.wait_for_subscribers(1, milliseconds(150), nullptr));
          }) == "");
    CHECK(contains(message_of<SystemError>(
                       [&] { (void)send_control(ipc(scratch, "nobody"), {}, milliseconds(150)); }),
                   "no answer within"));
    InferenceSockets sockets(ipc(scratch, "frames"), "", 2);
    CHECK_NOTHROW(sockets.wait(milliseconds(50)));
}

TEST_CASE("sockets: endpoints that cannot be used are ConfigErrors that name them") {
    const Scratch scratch;
    CHECK(contains(message_of<ConfigError>([] { FramePublisher("nonsense", 2); }),
                   "nonsense: cannot bind"));
    CHECK_THROWS_AS(FramePublisher(ipc(scratch, "no/such/directory"), 2), ConfigError);
    CHECK(contains(message_of<ConfigError>([] { InferenceSockets("nonsense", "", 2); }),
                   "nonsense: cannot connect"));
    CHECK(contains(
        message_of<ConfigError>([&] { InferenceSockets(ipc(scratch, "frames"), "nonsense", 2); }),
        "nonsense: cannot bind"));
    CHECK_THROWS_AS((void)send_control("nonsense", {}, milliseconds(10)), ConfigError);
}

TEST_CASE(
    "next_frame: malformed messages are InputErrors and consumed; good ones behind them arrive") {
    const Scratch scratch;
    RawPublisher publisher(ipc(scratch, "frames"));
    InferenceSockets sockets(ipc(scratch, "frames"), "", 32);
    publisher.await_subscriber();
    const std::string header = to_line(encode(header_of(1, 2, 2)));
    publisher.send({header, std::string(11, 'x')});  // 12 bytes are needed
    publisher.send({header, ""});
    publisher.send({"{broken", std::string(12, 'x')});
    publisher.send({"{broken"});
    publisher.send({header});  // a frame without an image
    publisher.send({to_line(encode(sample_end())), "image"});
    publisher.send({header, std::string(12, 'x'), "and more", "still more"});
    publisher.send({header_text(100'000'000, 1), std::string(12, 'x')});
    publisher.send({header_text(-1, 1), std::string(12, 'x')});
    publisher.send({header_text(2147483647, 2147483647), std::string(12, 'x')});
    publisher.send({header_text(65536, 65536), ""});
    publisher.send({header_text(16384, 16384), std::string(12, 'x')});
    publisher.send({std::string(2 << 20, ' ') + header, std::string(12, 'x')});
    publisher.send({std::string(100'000, '['), std::string(12, 'x')});
    publisher.send({"", ""});
    publisher.send({""});
    publisher.send({"\xff\xfe\x1b[2J", std::string(12, 'x')});
    publisher.send({to_line(encode(sample_end()))});

    std::vector<std::string> complaints;
    std::optional<FrameMessage> message;
    while (!message || !message->end) {
        try {
            message = next_frame(sockets);
            REQUIRE(message);
        } catch (const InputError& e) {
            complaints.emplace_back(e.what());
        }
    }
    REQUIRE(complaints.size() == 17);
    CHECK(contains(complaints[0], "image of 11 bytes, its header says 12"));
    CHECK(contains(complaints[1], "image of 0 bytes"));
    CHECK(contains(complaints[2], "not valid JSON"));
    CHECK(contains(complaints[3], "not valid JSON"));
    CHECK(contains(complaints[4], "ekya.window-end/1"));
    CHECK(contains(complaints[5], "ekya.frame/1"));
    CHECK(contains(complaints[6], "4 parts, not a header and an image"));
    CHECK(contains(complaints[7], "/width: 100000000 is not in"));
    CHECK(contains(complaints[8], "/width"));
    CHECK(contains(complaints[9], "2147483647 is not in"));
    CHECK(contains(complaints[10], "65536 is not in"));
    CHECK(contains(complaints[11], "image of 12 bytes, its header says 805306368"));
    CHECK(contains(complaints[12], "more than 1048576"));
    for (const auto& complaint : complaints) {
        CAPTURE(complaint);
        CHECK(complaint.size() < 2000);
        CHECK(complaint.find('\x1b') == std::string::npos);
    }
    CHECK(encode(*message->end) == encode(sample_end()));
}

TEST_CASE("control: a request is answered with the reply of its token") {
    const Scratch scratch;
    InferenceSockets sockets(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
    auto swap = std::async(std::launch::async, [&] {
        return send_control(ipc(scratch, "control"), sample_request(), long_enough);
    });
    const auto first = next_request(sockets);
    REQUIRE(first);
    CHECK(encode(first->request) == encode(sample_request()));

    // A second one is answered while the first still waits for its model.
    auto status = std::async(std::launch::async, [&] {
        return send_control(ipc(scratch, "control"), {ControlRequest::Kind::status, "", {}, {}, {}},
                            long_enough);
    });
    const auto second = next_request(sockets);
    REQUIRE(second);
    CHECK(second->request.kind == ControlRequest::Kind::status);
    const ControlReply reply{true, "", "a", "base", 5, 0.5, 2, 1, 6, 0, 0.004};
    sockets.reply(second->token, reply);
    CHECK(encode(status.get()) == encode(reply));
    sockets.reply(first->token, sample_reply());
    CHECK(encode(swap.get()) == encode(sample_reply()));
    CHECK_FALSE(sockets.next_request());
}

TEST_CASE(
    "control: malformed requests are answered with ok = false and why; good ones behind them are "
    "served") {
    const Scratch scratch;
    InferenceSockets sockets(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
    zmq::context_t context{1};
    zmq::socket_t peer(context,
                       zmq::socket_type::dealer);  // like REQ, but may send without waiting
    peer.set(zmq::sockopt::linger, 0);
    peer.set(zmq::sockopt::rcvtimeo, static_cast<int>(long_enough.count()));
    peer.connect(ipc(scratch, "control"));
    for (const std::string text :
         {"{broken", "{}", R"({"schema": "ekya.control/1", "request": "dance"})",
          R"({"schema": "ekya.control/1", "request": "set", "share": -1})",
          R"({"schema": "ekya.control/1", "request": "swap"})",
          R"({"schema": "ekya.control/1", "request": "status"})"}) {
        peer.send(zmq::message_t(), zmq::send_flags::sndmore);
        peer.send(zmq::buffer(text), zmq::send_flags::none);
    }
    const auto request = next_request(sockets);
    REQUIRE(request);
    CHECK(request->request.kind == ControlRequest::Kind::status);
    for (const std::string part : {"not valid JSON", "/schema", "/request", "/share", "/model"}) {
        zmq::message_t empty, answer;
        REQUIRE(peer.recv(empty));
        REQUIRE(peer.recv(answer));
        const auto json = parse_json(answer.to_string(), "answer");
        CHECK(json.at("ok") == false);
        CAPTURE(json.dump());
        CHECK(contains(json.at("error").get<std::string>(), part));
    }
}

TEST_CASE("control: each request that breaks the protocol is answered with its reason") {
    const Scratch scratch;
    InferenceSockets sockets(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
    zmq::context_t context{1};
    zmq::socket_t peer(context, zmq::socket_type::dealer);
    peer.set(zmq::sockopt::linger, 0);
    peer.set(zmq::sockopt::rcvtimeo, static_cast<int>(long_enough.count()));
    peer.connect(ipc(scratch, "control"));
    const auto set = [](const std::string& field) {
        return R"({"schema": "ekya.control/1", "request": "set", )" + field + "}";
    };
    const auto swap = [](const std::string& model) {
        return R"({"schema": "ekya.control/1", "request": "swap", "model": ")" + model + "\"}";
    };
    const std::vector<std::pair<std::vector<std::string>, std::string>> requests{
        {{"", set(R"("frame_stride": 2000000000)")}, "/frame_stride"},
        {{"", set(R"("frame_stride": 0)")}, "/frame_stride"},
        {{"", set(R"("frame_stride": -1)")}, "/frame_stride"},
        {{"", set(R"("frame_stride": 1.5)")}, "/frame_stride"},
        {{"", set(R"("frame_stride": 1e18)")}, "/frame_stride"},
        {{"", set(R"("frame_stride": "2")")}, "/frame_stride"},
        {{"", set(R"("share": 1e300)")}, "/share"},
        {{"", set(R"("share": 1e999)")}, "control message"},
        {{"", set(R"("share": -0.1)")}, "/share"},
        {{"", set(R"("share": "all")")}, "/share"},
        {{"", set(R"("share": {})")}, "/share"},
        {{"", set(R"("input_size": 100000)")}, "/input_size"},
        {{"", set(R"("input_size": -1)")}, "/input_size"},
        {{"", swap("../../etc/passwd")}, "/model"},
        {{"", swap("/etc/passwd")}, "/model"},
        {{"", swap("..")}, "/model"},
        {{"", swap("")}, "/model"},
        {{"", swap("a/b")}, "/model"},
        {{"", swap(R"(a\u0000b)")}, "/model"},
        {{"", swap(std::string(10'000, 'm'))}, "/model"},
        {{"", "[]"}, "control message"},
        {{"", "null"}, "control message"},
        {{"", "5"}, "control message"},
        {{"", R"({"schema": "ekya.frame/1"})"}, "/schema"},
        {{"", std::string(16'000, '[')}, "control message"},
        {{"", std::string("\0\0", 2)}, "control message"},
        {{"", "\xff\xfe"}, "control message"},
        {{"", "\x1b]0;title\x07"}, "control message"},
        {{"", ""}, "control message"},
        {{""}, "1 parts, not an empty one and the request"},
        {{"{}"}, "1 parts"},
        {{"x", "{}"}, "2 parts"},
        {{"", "", "{}"}, "3 parts"},
    };
    for (const auto& [parts, reason] : requests) {
        const auto& why = reason;
        for (std::size_t i = 0; i < parts.size(); ++i)
            peer.send(zmq::buffer(parts[i]),
                      i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
        sockets.wait(long_enough);
        CHECK_FALSE(sockets.next_request());
        zmq::message_t empty, answer;
        REQUIRE(peer.recv(empty));
        REQUIRE(peer.recv(answer));
        CAPTURE(answer.to_string().substr(0, 300));
        CAPTURE(why);
        CHECK(answer.size() < 3000);
        const auto reply = decode<ControlReply>(parse_json(answer.to_string(), "answer"), "answer");
        CHECK_FALSE(reply.ok);
        CHECK(contains(reply.error, why));
        for (const char c : reply.error) CHECK(static_cast<unsigned char>(c) >= 32);
    }
}

TEST_CASE("control: the refusal of a malformed request reaches send_control as a reply") {
    const Scratch scratch;
    InferenceSockets sockets(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
    auto reply = std::async(std::launch::async, [&] {
        return send_control(ipc(scratch, "control"), {ControlRequest::Kind::swap, "", {}, {}, {}},
                            long_enough);
    });
    while (reply.wait_for(milliseconds(0)) != std::future_status::ready) {
        CHECK_FALSE(sockets.next_request());
        sockets.wait(milliseconds(20));
    }
    ControlReply refusal;
    CHECK(message_of<Error>([&] { refusal = reply.get(); }) == "");
    CHECK_FALSE(refusal.ok);
    CHECK(contains(refusal.error, "/model: missing, request \"swap\" needs it"));
}

TEST_CASE(
    "send_control: nobody there, or no answer in time -> SystemError that names the endpoint") {
    const Scratch scratch;
    const auto nobody = message_of<SystemError>(
        [&] { (void)send_control(ipc(scratch, "nobody"), {}, milliseconds(50)); });
    CHECK(contains(nobody, ipc(scratch, "nobody") + ": no answer within 50 ms"));
    const InferenceSockets silent(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
    CHECK_THROWS_AS((void)send_control(ipc(scratch, "control"), {}, milliseconds(50)), SystemError);
}

TEST_CASE("send_control: an answer that makes no sense -> InputError that names the endpoint") {
    const Scratch scratch;
    zmq::context_t context{1};
    zmq::socket_t server(context, zmq::socket_type::rep);
    server.set(zmq::sockopt::linger, 0);
    server.bind(ipc(scratch, "control"));
    auto reply = std::async(std::launch::async,
                            [&] { return send_control(ipc(scratch, "control"), {}, long_enough); });
    zmq::message_t request;
    REQUIRE(server.recv(request));
    server.send(zmq::str_buffer("{\"schema\": \"ekya.control-reply/1\"}"), zmq::send_flags::none);
    CHECK(contains(message_of<InputError>([&] { (void)reply.get(); }),
                   ipc(scratch, "control") + ": /"));
}

TEST_CASE("endpoint_for: every {stream} becomes the id") {
    CHECK(endpoint_for("ipc:///run/{stream}.frames", "a") == "ipc:///run/a.frames");
    CHECK(endpoint_for("ipc:///{stream}/{stream}", "cam-1") == "ipc:///cam-1/cam-1");
    CHECK(endpoint_for("tcp://*:5555", "a") == "tcp://*:5555");
    CHECK(endpoint_for("ipc:///{stream}", "{stream}") ==
          "ipc:///{stream}");  // no endless replacing
    CHECK(endpoint_for("", "a").empty());
}
