// Peers of ipc:// endpoints that mean harm: they are cut off, nobody else notices.
#include "gate.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <list>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/sockets.hpp"
#include "raw_peer.hpp"
#include "samples.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

constexpr milliseconds long_enough{20000};

std::string ipc(const Scratch& scratch, const std::string& name) {
    return "ipc://" + (scratch / name).string();
}

std::string repeated(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

/// Megabytes of this process in memory. Sanitizers keep memory that was given back.
double resident() {
#ifdef EKYA_SANITIZED
    return 0;
#endif
    std::ifstream file("/proc/self/statm");
    double size = 0, pages = 0;
    file >> size >> pages;
    return pages * 4096 / 1e6;
}

/// Inference with an endpoint for requests.
struct Server {
    Scratch scratch;
    std::string endpoint = ipc(scratch, "control");
    InferenceSockets sockets{ipc(scratch, "frames"), endpoint, 4};
    std::vector<std::string> troubles;

    void turn() {
        sockets.wait(milliseconds(5));
        for (int i = 0; i < 32; ++i) {
            const auto request = sockets.next_request();
            if (!request) break;
            sockets.reply(request->token, sample_reply());
        }
        for (auto& trouble : sockets.troubles()) troubles.push_back(std::move(trouble));
    }
    /// Seconds until a well-behaved client is answered.
    double answers() {
        const auto start = Steady::now();
        auto asked = std::async(std::launch::async, [&] {
            return message_of<std::exception>(
                [&] { (void)send_control(endpoint, {}, long_enough); });
        });
        while (asked.wait_for(milliseconds(0)) != std::future_status::ready) turn();
        CHECK(asked.get() == "");
        return std::chrono::duration<double>(Steady::now() - start).count();
    }
    bool tells(const std::string& text) {
        const auto end = Steady::now() + long_enough;
        const auto told = [&] {
            for (const auto& trouble : troubles)
                if (contains(trouble, text)) return true;
            return false;
        };
        while (!told() && Steady::now() < end) turn();
        return told();
    }
};

}  // namespace

TEST_CASE("ipc endpoints: the socket file is its owner's alone and goes with its program") {
    const Scratch scratch;
    const auto path = scratch / "control";
    {
        const InferenceSockets sockets(ipc(scratch, "frames"), ipc(scratch, "control"), 4);
        struct stat found {};
        REQUIRE(::stat(path.c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0600);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ipc endpoints: one in use is refused, one that a dead program left is replaced") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "control");
    {
        const InferenceSockets first(ipc(scratch, "frames"), endpoint, 4);
        for (int i = 0; i < 2; ++i)
            CHECK(contains(
                message_of<ConfigError>([&] { InferenceSockets("ipc:///nobody", endpoint, 4); }),
                "control: cannot bind: another program listens there"));
        CHECK(contains(message_of<ConfigError>([&] { FramePublisher(endpoint, 4); }),
                       "another program listens there"));
        CHECK(contains(message_of<ConfigError>([&] { EventPublisher{endpoint}; }),
                       "another program listens there"));
        CHECK(std::filesystem::exists(scratch / "control"));
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (scratch / "control").string();
    std::memcpy(address.sun_path, path.data(), path.size());
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
    CHECK_NOTHROW(InferenceSockets(ipc(scratch, "frames"), endpoint, 4));
    write(scratch / "control", "text");
    CHECK(contains(message_of<ConfigError>([&] { FramePublisher(endpoint, 4); }),
                   "a file that is no socket is there"));
    CHECK(std::filesystem::is_regular_file(scratch / "control"));
}

TEST_CASE("ipc endpoints: names that cannot be kept to oneself, or are too long, are refused") {
    const Scratch scratch;
    for (const std::string endpoint : {"ipc://@ekya", "ipc://@"}) {
        const std::string why = "abstract sockets are open to every user of this machine";
        CHECK(contains(message_of<ConfigError>([&] { FramePublisher(endpoint, 4); }), why));
        CHECK(contains(message_of<ConfigError>([&] { InferenceSockets(endpoint, "", 4); }), why));
        CHECK(contains(
            message_of<ConfigError>([&] { (void)send_control(endpoint, {}, milliseconds(1)); }),
            why));
        CHECK_THROWS_AS(check_endpoint(endpoint, {}, EndpointUse::bind), ConfigError);
    }
    for (const std::string endpoint : {"ipc://", "ipc://*"})
        CHECK(contains(message_of<ConfigError>([&] { FramePublisher(endpoint, 4); }),
                       "names no file"));
    const auto long_name = ipc(scratch, std::string(200, 'x'));
    CHECK(contains(message_of<ConfigError>([&] { FramePublisher(long_name, 4); }),
                   "sockets may have 107; use a shorter directory"));
    const std::string directory = scratch.path().string() + "/";
    CHECK_NOTHROW(
        FramePublisher("ipc://" + directory + std::string(107 - directory.size(), 'x'), 4));
}

TEST_CASE("gate: what breaks the protocol or its limits is cut off and told, others are served") {
    using namespace zmtp;
    Server server;
    struct Attack {
        bool shakes_hands;
        std::string bytes, why;
    };
    const std::vector<Attack> attacks{
        {false, "GET / HTTP/1.1\r\nHost: inference\r\n\r\n", "does not speak ZMTP 3"},
        {false, std::string(5000, '\xff'), "does not speak ZMTP 3"},
        {true, repeated(100000, part("", 1)), "more than 4 parts"},
        {true, announced(~0ULL), "18446744073709551615 bytes"},
        // libzmq 4.3.4 aborts the program where a heartbeat waits behind a full queue.
        {true, repeated(2000, part("{")) + command("PING", std::string("\0\x3c", 2)),
         "a heartbeat, which is not taken here"},
    };
    for (const auto& attack : attacks) {
        const auto& why = attack.why;
        CAPTURE(why);
        RawPeer peer(server.endpoint);
        if (attack.shakes_hands) REQUIRE(peer.shake_hands("DEALER"));
        auto sent = std::async(std::launch::async, [&] { return peer.send(attack.bytes); });
        CHECK(server.tells(why));
        sent.get();
        CHECK(peer.is_cut_off());
        server.troubles.clear();
        CHECK(server.answers() < 2);
    }
}

TEST_CASE("gate: messages without end do not grow the program") {
    Server server;
    const std::string parts = repeated(2'000'000, zmtp::part("", 1));  // 128 MB in libzmq
    const double before = resident();
    for (int i = 0; i < 5; ++i) {
        RawPeer peer(server.endpoint);
        REQUIRE(peer.shake_hands("DEALER"));
        CHECK(peer.send(parts) < parts.size());
        CHECK(peer.is_cut_off());
        server.turn();
    }
    CHECK(resident() - before < 50);
    CHECK(server.answers() < 2);
}

TEST_CASE("gate: a peer that subscribes without end is cut off, others get their frames") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "frames");
    FramePublisher publisher(endpoint, 8);
    InferenceSockets reader(endpoint, "", 8);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    const double before = resident();
    for (int i = 0; i < 20; ++i) {
        RawPeer peer(endpoint);
        REQUIRE(peer.shake_hands("SUB"));
        std::string bytes;
        for (int s = 0; s < 28000; ++s)
            bytes += zmtp::part("\1" + std::to_string(s) + std::string(200, 's'));
        CHECK(peer.send(bytes) < bytes.size());
        CHECK(peer.is_cut_off());
        publisher.publish({"a", 0, i, 0.1, 1, 1, {}}, {1, 1, {1, 2, 3}});
    }
    CHECK(resident() - before < 50);
    for (int i = 0; i < 20; ++i) {
        const auto end = Steady::now() + long_enough;
        std::optional<FrameMessage> message;
        while (!(message = reader.next_frame()) && Steady::now() < end)
            reader.wait(milliseconds(50));
        REQUIRE(message);
        CHECK(message->frame->frame == i);
    }
}

TEST_CASE(
    "gate: more connections of one process than it may have are refused, closed ones count no "
    "more") {
    Server server;
    std::list<RawPeer> peers;  // half open: they say nothing
    for (std::size_t i = 0; i < limits::connections_of_process; ++i)
        peers.emplace_back(server.endpoint);
    RawPeer refused(server.endpoint);
    CHECK(server.tells("was refused: 16 are connected, 16 of its process"));
    CHECK(refused.is_cut_off());
    peers.clear();
    CHECK(server.answers() < 2);
}

TEST_CASE("gate: a peer that does not read is cut off; one that had nothing to read is not") {
    const Scratch scratch;
    const auto endpoint = ipc(scratch, "events");
    zmq::context_t context{1};
    PeerLimits limits{limits::subscription_bytes};
    limits.patience = milliseconds(200);
    Gate gate(endpoint, limits, milliseconds(0));
    zmq::socket_t publisher(context, zmq::socket_type::xpub), idle(context, zmq::socket_type::sub);
    publisher.set(zmq::sockopt::linger, 0);
    publisher.set(zmq::sockopt::xpub_verbose, true);
    publisher.set(zmq::sockopt::use_fd, gate.inner_socket());
    publisher.bind("ipc://behind-a-gate");
    idle.set(zmq::sockopt::subscribe, "");
    idle.set(zmq::sockopt::rcvtimeo, static_cast<int>(long_enough.count()));
    idle.connect(endpoint);
    zmq::message_t message;
    REQUIRE(publisher.recv(message));
    std::this_thread::sleep_for(
        milliseconds(400));  // twice as long as it may leave anything unread
    publisher.send(zmq::str_buffer("news"), zmq::send_flags::none);
    REQUIRE(idle.recv(message));
    CHECK(message.to_string() == "news");
    CHECK_FALSE(gate.trouble());

    RawPeer stopped(endpoint);
    REQUIRE(stopped.shake_hands("SUB"));
    stopped.send(zmtp::part("\1"));
    REQUIRE(publisher.recv(message));
    const std::string large(100'000, 'x');
    const auto end = Steady::now() + long_enough;
    std::optional<std::string> trouble;
    while (!(trouble = gate.trouble()) && Steady::now() < end) {
        publisher.send(zmq::buffer(large), zmq::send_flags::dontwait);
        REQUIRE(idle.recv(message));
    }
    REQUIRE(trouble);
    CHECK(contains(*trouble, "was cut off: it has not read what was sent for 200 ms"));
    publisher.close();
}

TEST_CASE("gate: a flood is read at the peer's rate, and others are answered in time") {
    Server server;
    std::list<RawPeer> peers;
    std::vector<std::future<std::size_t>> floods;
    const std::string flood = repeated(100000, zmtp::part("", 1) + zmtp::part("{nonsense"));
    for (int i = 0; i < 8; ++i) {
        auto& peer = peers.emplace_back(server.endpoint);
        REQUIRE(peer.shake_hands("DEALER"));
        floods.push_back(
            std::async(std::launch::async, [&] { return peer.send(flood, milliseconds(1500)); }));
    }
    for (int i = 0; i < 3; ++i) CHECK(server.answers() < 2);
    for (auto& sent : floods) CHECK(sent.get() < flood.size());
    peers.clear();
    CHECK(server.answers() < 2);
}
