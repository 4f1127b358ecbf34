// Peers that are slow, vanish or talk nonsense: nobody else waits for them.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "endpoints.hpp"
#include "samples.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds long_enough{20000};

std::string ipc(const Scratch& scratch, const std::string& name) {
    return "ipc://" + (scratch / name).string();
}

FrameImage gray(int side) {
    return {side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * 3), 7)};
}

FrameHeader header_of(std::int64_t frame, int side) { return {"a", 0, frame, 0.1, side, side, {}}; }

template <typename Poll> auto await(InferenceSockets& sockets, Poll&& poll) -> decltype(poll()) {
    const auto end = Clock::now() + long_enough;
    while (Clock::now() < end) {
        if (auto got = poll()) return got;
        sockets.wait(milliseconds(20));
    }
    return {};
}

/// A control client that speaks the protocol by hand.
struct RawClient {
    zmq::context_t context{1};
    zmq::socket_t socket{context, zmq::socket_type::dealer};
    explicit RawClient(const std::string& endpoint) {
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::sndhwm, 0);
        socket.connect(endpoint);
    }
    void send(const std::string& text) {
        socket.send(zmq::message_t(), zmq::send_flags::sndmore);
        socket.send(zmq::buffer(text), zmq::send_flags::none);
    }
};

std::string status_request() { return to_line(encode(ControlRequest{})); }

/// Whether a well-behaved client is answered by these sockets.
bool serves(InferenceSockets& sockets, const std::string& endpoint) {
    auto asked = std::async(std::launch::async, [&] {
        return message_of<std::exception>([&] { (void)send_control(endpoint, {}, long_enough); });
    });
    while (asked.wait_for(milliseconds(0)) != std::future_status::ready) {
        sockets.wait(milliseconds(20));
        while (const auto request = sockets.next_request())
            sockets.reply(request->token, sample_reply());
    }
    return asked.get().empty();
}

/// A TCP connection through which bytes run until it is frozen; then nothing comes through and
/// nothing is closed, as when a cable is pulled.
class Cable {
public:
    explicit Cable(std::uint16_t to) : to_(to) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener_, 8) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Cable() {
        done_ = true;
        thread_.join();
        ::close(listener_);
        for (const auto& [one, other] : pairs_) {
            ::close(one);
            ::close(other);
        }
    }
    Cable(const Cable&) = delete;
    Cable& operator=(const Cable&) = delete;
    void freeze() { frozen_ = true; }
    [[nodiscard]] int connections() const { return connections_; }
    [[nodiscard]] std::string endpoint() const {
        return "tcp://127.0.0.1:" + std::to_string(port_);
    }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    void accept_one() {
        const int here = ::accept(listener_, nullptr, nullptr),
                  there = ::socket(AF_INET, SOCK_STREAM, 0);
        const auto address = loopback(to_);
        (void)::connect(there, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        pairs_.emplace_back(here, there);
        ++connections_;
    }
    static void copy(int from, int to) {
        char bytes[4096];
        const auto count = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0) (void)::send(to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
    }
    void run() {
        while (!done_) {
            pollfd item{listener_, POLLIN, 0};
            if (::poll(&item, 1, 5) > 0) accept_one();
            for (const auto& [one, other] : pairs_) {
                if (frozen_) break;
                copy(one, other);
                copy(other, one);
            }
        }
    }

    std::uint16_t to_, port_ = 0;
    int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    std::vector<std::pair<int, int>> pairs_;
    std::atomic<bool> done_ = false, frozen_ = false;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

}  // namespace

TEST_CASE(
    "frames: a subscriber that stops reading costs neither the publisher nor the others anything") {
    constexpr int frames = 100, side = 320;  // 30 MB, more than queues and socket buffers hold
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 4);
    InferenceSockets stopped(ipc(scratch, "frames"), "", 4), reader(ipc(scratch, "frames"), "", 4);
    REQUIRE(publisher.wait_for_subscribers(2, long_enough, nullptr));
    const auto image = gray(side);
    for (int i = 0; i < frames; ++i) {
        publisher.publish(header_of(i, side), image);
        const auto message = await(reader, [&] { return reader.next_frame(); });
        REQUIRE(message);
        REQUIRE(message->frame->frame == i);
    }
    int late = 0;
    while (stopped.next_frame()) ++late;
    CHECK(late < frames);
}

TEST_CASE("frames: what subscribers send is dropped, however much it is") {
    const Scratch scratch;
    FramePublisher publisher(ipc(scratch, "frames"), 4);
    zmq::context_t context{1};
    zmq::socket_t subscriber(context, zmq::socket_type::xsub);  // may send what it likes
    subscriber.set(zmq::sockopt::linger, 0);
    subscriber.connect(ipc(scratch, "frames"));
    subscriber.send(zmq::str_buffer("\x01"), zmq::send_flags::none);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    for (int i = 0; i < 2000; ++i) {
        (void)subscriber.send(zmq::str_buffer("what no publisher wants to hear"),
                              zmq::send_flags::dontwait);
        publisher.publish(header_of(i, 2), gray(2));
    }
    InferenceSockets reader(ipc(scratch, "frames"), "", 4);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    publisher.publish(header_of(5000, 2), gray(2));
    const auto message = await(reader, [&] { return reader.next_frame(); });
    REQUIRE(message);
    CHECK(message->frame->frame == 5000);
}

TEST_CASE(
    "events: subscribers get the records; one that does not read, or none at all, costs nothing") {
    const Scratch scratch;
    EventPublisher publisher(ipc(scratch, "events"));
    CHECK_NOTHROW(publisher.publish(encode(sample_end())));  // nobody is there
    zmq::context_t context{1};
    zmq::socket_t reader(context, zmq::socket_type::sub), stopped(context, zmq::socket_type::sub);
    for (auto* subscriber : {&reader, &stopped}) {
        subscriber->set(zmq::sockopt::linger, 0);
        subscriber->set(zmq::sockopt::rcvhwm, 1);
        subscriber->set(zmq::sockopt::rcvtimeo, 100);
        subscriber->set(zmq::sockopt::subscribe, "");
        subscriber->connect(ipc(scratch, "events"));
    }
    zmq::message_t message;
    const auto end = Clock::now() + long_enough;
    do publisher.publish(encode(sample_accuracy()));  // until the subscription is there
    while (!reader.recv(message) && Clock::now() < end);
    CHECK(message.to_string() == to_line(encode(sample_accuracy())));
    const InferenceEvent event{InferenceEvent::Kind::refused, "a", "base", 5, 1, 2,
                               std::string(2000, 'x')};
    for (int i = 0; i < 20000; ++i) publisher.publish(encode(event));  // 40 MB; would hang here
    REQUIRE(reader.recv(message));
    CHECK(decode<InferenceEvent>(parse_json(message.to_string(), "event"), "event").error ==
          event.error);
}

TEST_CASE("control: a client that vanishes before its reply costs nothing") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "control");
    InferenceSockets sockets(ipc(scratch, "frames"), endpoint, 4);
    std::string token;
    {
        RawClient client(endpoint);
        client.send(to_line(encode(sample_request())));
        const auto request = await(sockets, [&] { return sockets.next_request(); });
        REQUIRE(request);
        token = request->token;
    }
    std::this_thread::sleep_for(milliseconds(50));
    const auto start = Clock::now();
    CHECK_NOTHROW(for (int i = 0; i < 1000; ++i) sockets.reply(token, sample_reply()));
    CHECK(Clock::now() - start < std::chrono::seconds(5));
    CHECK(serves(sockets, endpoint));
}

TEST_CASE("control: a client that never reads its replies costs nothing") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "control");
    InferenceSockets sockets(ipc(scratch, "frames"), endpoint, 4);
    RawClient client(endpoint);
    constexpr int requests = 5000;  // more than its queue holds
    for (int i = 0; i < requests; ++i) client.send(status_request());
    for (int i = 0; i < requests; ++i) {
        const auto request = await(sockets, [&] { return sockets.next_request(); });
        REQUIRE(request);
        sockets.reply(request->token, sample_reply());  // would hang here
    }
    CHECK(serves(sockets, endpoint));
}

TEST_CASE("control: a flood of nonsense leaves frames their turn, and other clients theirs") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "control");
    FramePublisher publisher(ipc(scratch, "frames"), 4);
    InferenceSockets sockets(ipc(scratch, "frames"), endpoint, 4);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    RawClient client(endpoint);
    for (int i = 0; i < 2000; ++i) client.send("{nonsense");
    std::this_thread::sleep_for(milliseconds(50));  // let it arrive
    publisher.publish(header_of(0, 2), gray(2));
    CHECK_FALSE(sockets.next_request());  // comes back although there is more nonsense
    zmq::pollitem_t more{client.socket, 0, ZMQ_POLLIN, 0};
    int answers = 0;
    while (zmq::poll(&more, 1, milliseconds(100)) > 0 && answers < 2000) {
        zmq::message_t part;
        do (void)client.socket.recv(part);
        while (part.more());
        ++answers;
    }
    CHECK(answers > 0);
    CHECK(answers < 2000);
    CHECK(await(sockets, [&] { return sockets.next_frame(); }));
    CHECK(serves(sockets, endpoint));
}

TEST_CASE(
    "control: bytes that are no ZeroMQ, and a message without end, close that connection only") {
    const auto endpoint = free_endpoint();
    const Scratch scratch;
    InferenceSockets sockets(ipc(scratch, "frames"), endpoint, 4);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int raw = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const std::string nonsense =
        "GET / HTTP/1.1\r\nHost: inference\r\n\r\n" + std::string(4096, '\xff');
    (void)::send(raw, nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
    CHECK(serves(sockets, endpoint));
    ::close(raw);

    RawClient client(endpoint);
    client.send(std::string(1024 * 1024, ' '));  // more than any request needs
    CHECK(serves(sockets, endpoint));
    CHECK_FALSE(sockets.next_request());
}

#ifndef EKYA_SANITIZED
TEST_CASE("heartbeats: a connection whose other end went silent is given up and made anew") {
    const auto endpoint = free_endpoint();
    FramePublisher publisher(endpoint, 4);
    Cable cable(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    InferenceSockets sockets(cable.endpoint(), "", 4);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    publisher.publish(header_of(0, 2), gray(2));
    REQUIRE(await(sockets, [&] { return sockets.next_frame(); }));
    CHECK(cable.connections() == 1);
    cable.freeze();
    const auto end = Clock::now() + long_enough;
    while (cable.connections() < 2 && Clock::now() < end)
        std::this_thread::sleep_for(milliseconds(50));
    CHECK(cable.connections() == 2);
}
#endif
