#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ekya/core/limits.hpp"

namespace ekya {

/// What a peer may do over one connection.
struct PeerLimits {
    std::size_t part_bytes;  ///< of one part of a message
    bool heartbeats = true;  ///< whether it may send heartbeats
    int messages = 0;        ///< parts and commands in all, but for heartbeats; 0 = any number
    /// How long it may leave unread what is sent to it.
    std::chrono::milliseconds patience = limits::stalled_reader;
};

/// Reads along what a peer sends over a connection without keys and tells when it breaks the
/// protocol or its limits. ZeroMQ itself bounds neither the parts of a message, which it keeps
/// until the last one is there, nor subscriptions.
/// Source: ZeroMQ RFC 23 (ZMTP 3.1), mechanism NULL.
class ZmtpMeter {
public:
    explicit ZmtpMeter(PeerLimits limits) : limits_(limits) {}

    /// Takes the next bytes. @return why the peer is to be cut off; nothing if all is well
    [[nodiscard]] std::optional<std::string> take(std::span<const std::uint8_t> bytes);
    /// What the bytes so far count, see limits::part_cost.
    [[nodiscard]] double cost() const { return cost_; }

private:
    std::optional<std::string> take_greeting(std::uint8_t byte);
    std::optional<std::string> begin_part();
    std::optional<std::string> end_command();

    PeerLimits limits_;
    double cost_ = 0;
    std::size_t greeting_ = 0;  // bytes of it that are there
    int header_ = 0;            // bytes of the length that are still to come
    bool in_header_ = false;    // flags are there
    std::uint8_t flags_ = 0;
    std::uint64_t length_ = 0, left_ = 0;  // of the part's body
    std::array<std::uint8_t, 5> begin_{};  // of a command's body
    int parts_ = 0, messages_ = 0;
};

}  // namespace ekya
