// Peers that are slow, vanish or talk nonsense: nobody else waits for them.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/record_subscriber.hpp"
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

/// The TCP connections of this process to or from a port.
std::vector<int> connections_of(std::uint16_t port) {
    std::vector<int> found;
    for (int number = 3; number < 1024; ++number) {
        sockaddr_in here{}, there{};
        socklen_t size = sizeof here;
        if (::getsockname(number, reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
            here.sin_family != AF_INET)
            continue;
        size = sizeof there;
        if (::getpeername(number, reinterpret_cast<sockaddr*>(&there), &size) != 0) continue;
        if (ntohs(here.sin_port) == port || ntohs(there.sin_port) == port) found.push_back(number);
    }
    return found;
}

int tcp_option(int socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

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
    CHECK(!publisher.wanted());
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
    CHECK(publisher.wanted());
    const InferenceEvent event{InferenceEvent::Kind::refused, "a", "base", 5, 1, 2,
                               std::string(2000, 'x')};
    for (int i = 0; i < 20000; ++i) publisher.publish(encode(event));  // 40 MB; would hang here
    REQUIRE(reader.recv(message));
    CHECK(decode<InferenceEvent>(parse_json(message.to_string(), "event"), "event").error ==
          event.error);
}

TEST_CASE(
    "RecordSubscriber: goes on with a publisher that is started again, counts what is no record, "
    "and leaves one that it disconnects") {
    const Scratch scratch;
    RecordSubscriber subscriber(100);
    subscriber.connect(ipc(scratch, "answers"));  // nobody is there yet
    const auto end = Clock::now() + long_enough;
    const auto next = [&](EventPublisher& publisher, const std::string& line) {
        std::optional<std::string> record;
        while (!record && Clock::now() < end) {
            publisher.publish(line);
            subscriber.wait(std::chrono::milliseconds(20));
            record = subscriber.next();
        }
        return record;
    };
    for (const auto* line : {"first", "second"}) {
        EventPublisher publisher(ipc(scratch, "answers"));
        std::optional<std::string> record;
        while (record != line && Clock::now() < end) record = next(publisher, line);
        CHECK(record == line);
    }
    EventPublisher publisher(ipc(scratch, "answers"));
    REQUIRE(next(publisher, "third"));
    subscriber.disconnect(ipc(scratch, "answers"));
    while (publisher.wanted() && Clock::now() < end)
        subscriber.wait(std::chrono::milliseconds(5));  // ZeroMQ lets go meanwhile
    CHECK(!publisher.wanted());
    CHECK_NOTHROW(subscriber.disconnect(ipc(scratch, "answers")));
    CHECK(subscriber.malformed() == 0);
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
    constexpr int requests = 2500;  // more than its queue holds
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

TEST_CASE("tcp: both ends of a connection notice within seconds that the other one vanished") {
    const Scratch scratch;
    create_keys(scratch / "keys");
    const SocketSecurity security{scratch / "keys", false};
    const auto endpoint = free_endpoint();
    FramePublisher publisher(endpoint, 4, security);
    InferenceSockets sockets(endpoint, "", 4, security);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    const auto connections = connections_of(
        static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    REQUIRE(connections.size() == 2);
    for (const int socket : connections) {
        CHECK(tcp_option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(tcp_option(socket, IPPROTO_TCP, TCP_KEEPIDLE) +
                  tcp_option(socket, IPPROTO_TCP, TCP_KEEPINTVL) *
                      tcp_option(socket, IPPROTO_TCP, TCP_KEEPCNT) ==
              6);
        CHECK(tcp_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 6000);
    }
}

TEST_CASE("sockets: peers that flood a full queue and leave do not abort the program") {
    // libzmq 4.3.4 does where heartbeats are on: one is due while the peer's messages wait.
    const Scratch scratch;
    const auto by_tcp = free_endpoint(), by_ipc = ipc(scratch, "control");
    InferenceSockets first(ipc(scratch, "frames"), by_tcp, 4),
        second(ipc(scratch, "frames"), by_ipc, 4);
    zmq::context_t context{1};
    zmq::socket_t publisher(context, zmq::socket_type::xpub);
    publisher.set(zmq::sockopt::linger, 0);
    publisher.set(zmq::sockopt::sndhwm, 0);
    const auto frames = ipc(scratch, "flood");
    publisher.bind(frames);
    InferenceSockets subscriber(frames, "", 4);
    zmq::message_t subscription;
    (void)publisher.recv(subscription);
    for (int i = 0; i < 20000; ++i)
        publisher.send(zmq::buffer(std::string(100, ' ')), zmq::send_flags::dontwait);
    {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<RawClient>(i % 2 == 0 ? by_tcp : by_ipc));
            for (int n = 0; n < 5000; ++n) clients.back()->send(std::string(200, '{'));
        }
        std::this_thread::sleep_for(milliseconds(500));  // more than the queues hold arrives
    }
    publisher.close();
    std::this_thread::sleep_for(milliseconds(2500));  // the time of a heartbeat
    CHECK(serves(first, by_tcp));
    CHECK(serves(second, by_ipc));
    int messages = 0;
    for (bool more = true; more;) try {
            more = subscriber.next_frame().has_value();
        } catch (const InputError&) {
            ++messages;
        }
    CHECK(messages > 0);
}
