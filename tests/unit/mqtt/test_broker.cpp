#include "ekya/mqtt/broker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("check_broker: addresses, and passwords that others could read") {
    const auto check = [](const std::string& uri, const std::string& password, bool insecure) {
        BrokerOptions options;
        options.uri = uri;
        options.user = password.empty() ? "" : "ekya";
        options.password = password;
        return message_of<ConfigError>([&] { check_broker(options, insecure); });
    };
    CHECK(check("tcp://broker.lan:1883", "", false).empty());
    CHECK(check("ssl://broker.lan:8883", "secret", false).empty());
    CHECK(check("tcp://127.0.0.1:1883", "secret", false).empty());
    CHECK(check("tcp://broker.lan:1883", "secret", true).empty());
    CHECK(contains(check("tcp://broker.lan:1883", "secret", false), "unencrypted"));
    CHECK(!check("http://broker.lan", "", false).empty());
    CHECK(!check("broker.lan", "", false).empty());
    const auto shown = check("tcp://ekya:hunter2@broker.lan:1883", "", false);
    CHECK(!shown.empty());
    CHECK(!contains(shown, "hunter2"));
    BrokerOptions certificate;
    certificate.uri = "tcp://127.0.0.1:1883";
    certificate.ca_file = "ca.pem";
    CHECK_THROWS_AS(check_broker(certificate, false), ConfigError);
}

TEST_CASE("Broker: one that is not there keeps nobody waiting; messages are refused, told once") {
    SystemClock clock;
    std::vector<std::string> said;
    BrokerOptions options;
    options.uri = "tcp://127.0.0.1:1";  // nobody listens there
    options.status_topic = "ekya/status";
    Broker broker(options, clock, [&](const std::string& text) { said.push_back(text); });
    const Seconds start = clock.now();
    while (said.empty() && clock.now() < start + 20) {
        CHECK(!broker.step());
        CHECK(!broker.send({"ekya/x", "1", false}));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    REQUIRE(said.size() == 1);
    CHECK(contains(said[0], "tcp://127.0.0.1:1: "));
}
