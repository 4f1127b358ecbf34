#include <doctest/doctest.h>
#include <sys/stat.h>

#include <future>

#include "ekya/core/errors.hpp"
#include "ekya/wire/keys.hpp"
#include "ekya/wire/sockets.hpp"
#include "endpoints.hpp"
#include "samples.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

constexpr milliseconds long_enough{20000};

/// A fleet's keys and those of a client "north" of it.
struct Fleet {
    Scratch scratch;
    fs::path keys = scratch / "fleet", north = scratch / "north";
    Fleet() {
        create_keys(keys);
        add_client(keys, "north", north);
    }
};

/// An inference that answers every request, and what a client with this security gets from it.
struct Server {
    std::string endpoint = free_endpoint();
    InferenceSockets sockets;

    explicit Server(const SocketSecurity& security)
        : sockets("ipc:///nobody", endpoint, 4, security) {}

    /// The error that the client ends with; "" if it is answered.
    std::string ask(const SocketSecurity& client, milliseconds limit = long_enough) {
        auto asked = std::async(std::launch::async, [&] {
            return message_of<std::exception>(
                [&] { (void)send_control(endpoint, {}, limit, client); });
        });
        while (asked.wait_for(milliseconds(0)) != std::future_status::ready) {
            sockets.wait(milliseconds(20));
            while (const auto request = sockets.next_request())
                sockets.reply(request->token, sample_reply());
        }
        return asked.get();
    }
};

}  // namespace

TEST_CASE("is_local_endpoint: files and loopback only") {
    for (const auto* local : {"ipc:///run/a", "ipc://@abstract", "inproc://a", "tcp://127.0.0.1:5",
                              "tcp://127.9.9.9:5", "tcp://localhost:5", "tcp://[::1]:5",
                              "tcp://127.0.0.1:*", "tcp://10.0.0.1:0;127.0.0.1:5"})
        CHECK_MESSAGE(is_local_endpoint(local), local);
    for (const auto* reachable :
         {"tcp://*:5", "tcp://0.0.0.0:5", "tcp://10.0.0.1:5", "tcp://eth0:5", "tcp://[::]:5",
          "tcp://localhost.example.org:5", "tcp://127.0.0.1.example.org:5",
          "tcp://127.0.0.1:0;10.0.0.1:5", "tcp://", "tcp://:5", "udp://127.0.0.1:5",
          "pgm://eth0;239.1.1.1:5", "nonsense", "", "IPC:///run/a"})
        CHECK_MESSAGE(!is_local_endpoint(reachable), reachable);
}

TEST_CASE("uses_keys: what other machines can reach needs keys or the word for going without") {
    CHECK_FALSE(uses_keys("ipc:///run/a", {}));
    CHECK_FALSE(uses_keys("tcp://127.0.0.1:5", {}));
    CHECK_FALSE(uses_keys("tcp://*:5", {"", true}));
    CHECK(uses_keys("tcp://*:5", {"keys", false}));
    CHECK(uses_keys("tcp://127.0.0.1:5", {"keys", false}));
    CHECK_FALSE(
        uses_keys("ipc:///run/a", {"keys", false}));  // a file, which the file system guards
    CHECK(message_of<ConfigError>([] { (void)uses_keys("tcp://*:5", {}); }) ==
          "tcp://*:5: other machines may reach this; it needs --keys DIR (ekya-keys makes one) or "
          "--insecure");
    CHECK(contains(message_of<ConfigError>([] {
                       (void)uses_keys("udp://10.0.0.1:5", {"keys", false});
                   }),
                   "keys guard tcp:// only"));
    CHECK_FALSE(uses_keys("udp://10.0.0.1:5", {"", true}));
}

TEST_CASE(
    "sockets: an endpoint that other machines can reach is refused everywhere without keys, "
    "allowed with --insecure") {
    const std::string open = "tcp://0.0.0.0:*", far = "tcp://192.0.2.1:5555";
    const std::string why = "other machines may reach this";
    CHECK(contains(message_of<ConfigError>([&] { FramePublisher(open, 2); }), why));
    CHECK(contains(message_of<ConfigError>([&] { InferenceSockets("ipc:///nobody", open, 2); }),
                   why));
    CHECK(contains(message_of<ConfigError>([&] { InferenceSockets(far, "", 2); }), why));
    CHECK(contains(message_of<ConfigError>([&] { (void)send_control(far, {}, milliseconds(10)); }),
                   why));
    const SocketSecurity insecure{"", true};
    CHECK_NOTHROW(FramePublisher(open, 2, insecure));
    CHECK_NOTHROW(InferenceSockets("ipc:///nobody", open, 2, insecure));
    CHECK_THROWS_AS((void)send_control(far, {}, milliseconds(10), insecure),
                    SystemError);  // nobody is there
}

TEST_CASE("keys: clients of the fleet are answered, others are refused and named") {
    const Fleet fleet;
    Fleet strangers;
    Server server({fleet.keys, false});
    CHECK(server.ask({fleet.keys, false}) == "");
    CHECK(server.ask({fleet.north, false}) == "");
    CHECK(server.sockets.troubles().empty());

    CHECK(contains(server.ask({}),
                   server.endpoint + ": the other side refuses the connection"));  // no key at all
    CHECK(contains(server.ask({strangers.keys, false}, milliseconds(1000)),
                   server.endpoint + ": "));   // it thinks the server is another
    CHECK(server.sockets.troubles().empty());  // neither showed a key that could be named

    // The right server, but a client that it does not know.
    fs::remove(strangers.north / "server.pub");
    fs::copy_file(fleet.keys / "server.pub", strangers.north / "server.pub");
    CHECK(contains(server.ask({strangers.north, false}), "the other side refuses the connection"));
    const auto troubles = server.sockets.troubles();
    REQUIRE(troubles.size() == 1);
    CHECK(contains(troubles[0], "127.0.0.1"));
    CHECK(contains(troubles[0], read_secret_key(strangers.north / "client.key").public_key));
    CHECK(server.ask({fleet.north, false}) == "");
}

TEST_CASE("keys: a client can be shut out and let in while the server runs") {
    const Fleet fleet;
    Server server({fleet.keys, false});
    fs::rename(fleet.keys / "clients/north.pub", fleet.keys / "clients/north.shut");
    CHECK(server.ask({fleet.north, false}) != "");
    fs::rename(fleet.keys / "clients/north.shut", fleet.keys / "clients/north.pub");
    CHECK(server.ask({fleet.north, false}) == "");
}

TEST_CASE("keys: a client's file that holds no key shuts nobody else out, and is told") {
    const Fleet fleet;
    Server server({fleet.keys, false});
    for (const std::string garbage : {"text", "{}", "", R"({"schema": "ekya.key/1"})"}) {
        write(fleet.keys / "clients/a.pub", garbage);
        CHECK(server.ask({fleet.north, false}) == "");
    }
    fs::remove(fleet.keys / "clients/a.pub");
    fs::create_directory(fleet.keys / "clients/a.pub");
    CHECK(server.ask({fleet.north, false}) == "");
    std::string all;
    for (const auto& trouble : server.sockets.troubles()) all += trouble;
    CHECK(contains(all, "a client's key cannot be read: "));
    CHECK(contains(all, "a.pub"));
}

TEST_CASE("keys: frames go to subscribers with keys only; one without is told that it is refused") {
    const Fleet fleet;
    const auto endpoint = free_endpoint();
    FramePublisher publisher(endpoint, 8, {fleet.keys, false});
    InferenceSockets known(endpoint, "", 8, {fleet.north, false}), unknown(endpoint, "", 8);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    CHECK_FALSE(publisher.wait_for_subscribers(1, milliseconds(200),
                                               nullptr));  // the other one never counts
    publisher.publish(sample_end());
    std::optional<FrameMessage> message;
    while (!message) {
        known.wait(milliseconds(50));
        message = known.next_frame();
    }
    CHECK(message->end);
    CHECK_FALSE(unknown.next_frame());
    std::vector<std::string> troubles;
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (troubles.empty() && std::chrono::steady_clock::now() < end) {
        unknown.wait(milliseconds(20));
        troubles = unknown.troubles();
    }
    REQUIRE(troubles.size() == 1);
    CHECK(unknown.troubles().empty());  // told once
    CHECK(contains(troubles[0], endpoint + ": the other side refuses"));
    CHECK(known.troubles().empty());
}

TEST_CASE("check_endpoint: says beforehand what binding and connecting would say") {
    const Fleet fleet;
    CHECK_NOTHROW(check_endpoint("", {}, EndpointUse::bind));
    CHECK_NOTHROW(check_endpoint("tcp://*:5", {fleet.keys, false}, EndpointUse::bind));
    CHECK_NOTHROW(check_endpoint("tcp://192.0.2.1:5", {fleet.north, false}, EndpointUse::connect));
    CHECK_THROWS_AS(check_endpoint("tcp://*:5", {}, EndpointUse::bind), ConfigError);
    CHECK(contains(message_of<InputError>([&] {
                       check_endpoint("tcp://*:5", {fleet.north, false}, EndpointUse::bind);
                   }),
                   "server.key"));
    std::filesystem::remove(fleet.north / "server.pub");
    CHECK(contains(
        message_of<InputError>([&] {
            check_endpoint("tcp://192.0.2.1:5", {fleet.north, false}, EndpointUse::connect);
        }),
        "server.pub"));
}

TEST_CASE("keys: missing, damaged and open key files are told before anything is opened") {
    const Fleet fleet;
    const std::string open = "tcp://127.0.0.1:*";
    const auto complaint = [&](const fs::path& keys) {
        return message_of<InputError>([&] { FramePublisher(open, 2, {keys, false}); });
    };
    CHECK(complaint(fleet.keys) == "");
    CHECK(contains(complaint(fleet.scratch / "none"), "none/server.key"));
    CHECK(contains(complaint(fleet.north), "north/server.key"));  // a client cannot serve
    write(fleet.keys / "clients/bad.pub", "text");
    CHECK(contains(complaint(fleet.keys), "bad.pub"));
    fs::remove(fleet.keys / "clients/bad.pub");
    REQUIRE(::chmod((fleet.keys / "server.key").c_str(), 0644) == 0);
    CHECK(contains(complaint(fleet.keys), "server.key: others than its owner may use it"));
    write(fleet.north / "client.key", "{}");
    CHECK(contains(
        message_of<InputError>([&] {
            (void)send_control("tcp://127.0.0.1:1", {}, milliseconds(10), {fleet.north, false});
        }),
        "client.key"));
}
