#include "zmtp_meter.hpp"

#include <doctest/doctest.h>

#include "ekya/core/limits.hpp"
#include "raw_peer.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

constexpr PeerLimits requests{limits::request_bytes, false},
    subscribing{limits::subscription_bytes, true, limits::subscriptions};

/// Why the meter cuts the peer off; "" if it does not. @param step bytes taken at a time
std::string verdict(const PeerLimits& limits, const std::string& bytes, std::size_t step) {
    ZmtpMeter meter(limits);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        const auto piece = bytes.substr(at, step);
        if (const auto why =
                meter.take({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}))
            return *why;
    }
    return "";
}

std::string repeated(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

const std::string dealer = zmtp::greeting() + zmtp::ready("DEALER"),
                  subscriber = zmtp::greeting() + zmtp::ready("SUB");

struct Case {
    const char* what;
    PeerLimits limits;
    std::string bytes;
    const char* why;  ///< "" = may go on
};

}  // namespace

TEST_CASE("ZmtpMeter: what keeps to the protocol goes on, what does not is cut off") {
    using namespace zmtp;
    const std::string ping = command("PING", std::string("\0\x3c", 2));
    const std::vector<Case> cases{
        {"request", requests, dealer + part("", 1) + part("{}"), ""},
        {"longest request", requests, dealer + part("", 1) + part(std::string(16384, ' ')), ""},
        {"many requests", requests, dealer + repeated(5000, part("", 1) + part("{}")), ""},
        {"pong", requests, dealer + command("PONG", ""), ""},
        {"version 3.1", requests, greeting("NULL", 4) + ready("DEALER"), ""},
        {"subscription of ZMTP 3.0", subscribing, subscriber + part("\1"), ""},
        {"subscription of ZMTP 3.1", subscribing, subscriber + command("SUBSCRIBE", ""), ""},
        {"heartbeats of a subscriber", subscribing, subscriber + repeated(1000, ping), ""},
        {"heartbeat with context", subscribing,
         subscriber + command("PING", std::string("\0\x3c", 2) + std::string(16, 'c')), ""},

        {"HTTP", requests, "GET / HTTP/1.1\r\n\r\n", "does not speak ZMTP 3"},
        {"zeros", requests, std::string(64, '\0'), "does not speak ZMTP 3"},
        {"TLS", requests, std::string("\x16\x03\x01\x02\0\1\0\1", 8), "does not speak ZMTP 3"},
        {"ZMTP 1", requests, std::string("\1\0", 2), "does not speak ZMTP 3"},
        {"ZMTP 2", requests, greeting("NULL", 1), "does not speak ZMTP 3"},
        {"signature without end", requests, std::string(64, '\xff').replace(9, 1, "\x7e"),
         "does not speak ZMTP 3"},
        {"PLAIN", requests, greeting("PLAIN"), "does not speak ZMTP 3"},
        {"CURVE", requests, greeting("CURVE"), "does not speak ZMTP 3"},
        {"longer mechanism", requests, greeting("NULLX"), "does not speak ZMTP 3"},
        {"reserved flags", requests, dealer + std::string("\x08\1x", 3), "flags 8"},
        {"all flags", requests, dealer + std::string("\xff\1x", 3), "flags 255"},
        {"command in parts", requests, dealer + std::string("\5\1x", 3), "flags 5"},
        {"a byte too long", requests, dealer + part(std::string(16385, ' ')), "16385 bytes"},
        {"4 GB announced", requests, dealer + announced(1ULL << 32), "4294967296 bytes"},
        {"2^63 announced", requests, dealer + announced(1ULL << 63), "9223372036854775808 bytes"},
        {"2^64 - 1 announced", requests, dealer + announced(~0ULL), "18446744073709551615 bytes"},
        {"a long command", requests, dealer + announced(513, 4), "513 bytes"},
        {"a long greeting command", requests, greeting() + announced(1ULL << 40, 4),
         "1099511627776 bytes"},
        {"endless parts", requests, dealer + repeated(5, part("", 1)), "more than 4 parts"},
        {"endless long parts", requests, dealer + repeated(5, part(std::string(16384, 'x'), 1)),
         "more than 4 parts"},
        {"parts behind requests", requests,
         dealer + repeated(9, part("", 1) + part("{}")) + repeated(5, part("x", 1)),
         "more than 4 parts"},
        {"heartbeat among requests", requests, dealer + ping, "heartbeat, which is not taken"},
        {"heartbeat without time to live", subscribing, subscriber + command("PING", ""),
         "heartbeat of 5 bytes"},
        {"heartbeat cut short", subscribing, subscriber + command("PING", "x"),
         "heartbeat of 6 bytes"},
        {"heartbeat with long context", subscribing,
         subscriber + command("PING", std::string(19, 'x')), "heartbeat of 24 bytes"},
        {"long subscription", subscribing, subscriber + part("\1" + std::string(255, 'x')),
         "256 bytes"},
        {"many subscriptions", subscribing, subscriber + repeated(33, part("\1x")),
         "more than 32 messages"},
        {"many subscriptions of ZMTP 3.1", subscribing,
         subscriber + repeated(33, command("SUBSCRIBE", "x")), "more than 32 messages"},
        {"subscribed and cancelled", subscribing,
         subscriber + repeated(17, command("SUBSCRIBE", "x") + command("CANCEL", "x")),
         "more than 32 messages"},
        {"empty messages", subscribing, subscriber + repeated(33, part("")),
         "more than 32 messages"},
        {"empty commands", subscribing, subscriber + repeated(33, part("", 4)),
         "more than 32 messages"},
        {"many READY", subscribing, greeting() + repeated(33, ready("SUB")),
         "more than 32 messages"},
        {"subscription in parts", subscribing, subscriber + repeated(5, part("\1", 1)),
         "more than 4 parts"},
    };
    for (const auto& one : cases)
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, one.bytes.size()}) {
            const std::string why = verdict(one.limits, one.bytes, step);
            CHECK_MESSAGE((*one.why == '\0' ? why.empty() : contains(why, one.why)), one.what, ": ",
                          why);
        }
}

TEST_CASE("ZmtpMeter: parts cost something however short they are") {
    const auto cost = [](const std::string& bytes) {
        ZmtpMeter meter(requests);
        (void)meter.take({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
        return meter.cost();
    };
    const double begin = cost(dealer);
    CHECK(cost(dealer + repeated(10, zmtp::part(""))) == begin + 10 * (2 + limits::part_cost));
    CHECK(cost(dealer + zmtp::part(std::string(200, 'x'))) == begin + 202 + limits::part_cost);
}
