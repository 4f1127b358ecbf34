#include "zmtp_meter.hpp"

#include <algorithm>
#include <string_view>

#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

constexpr std::size_t greeting_bytes = 64;
constexpr std::uint8_t more = 1, long_length = 2, command = 4;
constexpr std::string_view mechanism("NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
constexpr std::size_t ping_bytes = 7, most_ping_bytes = 23;  // name, time to live, context

}  // namespace

/// Signature, version and mechanism; what follows says nothing.
std::optional<std::string> ZmtpMeter::take_greeting(std::uint8_t byte) {
    const std::size_t at = greeting_++;
    const bool good = at == 0    ? byte == 0xff
                      : at == 9  ? (byte & 1) != 0
                      : at == 10 ? byte >= 3
                      : at >= 12 && at < 12 + mechanism.size()
                          ? byte == static_cast<std::uint8_t>(mechanism[at - 12])
                          : true;
    if (good) return std::nullopt;
    return "does not speak ZMTP 3 without keys";
}

std::optional<std::string> ZmtpMeter::begin_part() {
    const bool is_command = (flags_ & command) != 0;
    const std::size_t most = is_command ? limits::command_bytes : limits_.part_bytes;
    if (length_ > most)
        return "sent a part of " + std::to_string(length_) + " bytes, more than " +
               std::to_string(most);
    left_ = length_;
    cost_ += static_cast<double>(limits::part_cost);
    if (is_command) return left_ == 0 ? end_command() : std::nullopt;
    ++messages_;
    parts_ = (flags_ & more) != 0 ? parts_ + 1 : 0;
    if (parts_ >= limits::message_parts)
        return "sent a message of more than " + std::to_string(limits::message_parts) + " parts";
    if (limits_.messages > 0 && messages_ > limits_.messages)
        return "sent more than " + std::to_string(limits_.messages) + " messages";
    return std::nullopt;
}

/// ZeroMQ reads a heartbeat as if it had all its fields.
std::optional<std::string> ZmtpMeter::end_command() {
    const std::string_view name(reinterpret_cast<const char*>(begin_.data()),
                                std::min<std::size_t>(begin_.size(), length_));
    if (name == "\4PONG") return std::nullopt;
    if (name == "\4PING" && !limits_.heartbeats) return "sent a heartbeat, which is not taken here";
    if (name == "\4PING")
        return length_ >= ping_bytes && length_ <= most_ping_bytes
                   ? std::nullopt
                   : std::optional<std::string>("sent a heartbeat of " + std::to_string(length_) +
                                                " bytes");
    ++messages_;
    if (limits_.messages > 0 && messages_ > limits_.messages)
        return "sent more than " + std::to_string(limits_.messages) + " messages";
    return std::nullopt;
}

std::optional<std::string> ZmtpMeter::take(std::span<const std::uint8_t> bytes) {
    cost_ += static_cast<double>(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        if (left_ > 0) {
            const auto count = std::min<std::uint64_t>(left_, bytes.size() - at);
            for (std::uint64_t i = 0; i < count && length_ - left_ + i < begin_.size(); ++i)
                begin_[length_ - left_ + i] = bytes[at + i];
            left_ -= count;
            at += count;
            if (left_ > 0 || (flags_ & command) == 0) continue;
            if (auto why = end_command()) return why;
            continue;
        }
        const std::uint8_t byte = bytes[at++];
        std::optional<std::string> why;
        if (greeting_ < greeting_bytes) {
            why = take_greeting(byte);
        } else if (!in_header_) {
            flags_ = byte;
            if (flags_ > (more | long_length | command) ||
                (flags_ & (more | command)) == (more | command))
                return "does not speak ZMTP 3: flags " + std::to_string(flags_);
            in_header_ = true;
            header_ = (flags_ & long_length) != 0 ? 8 : 1;
            length_ = 0;
        } else {
            length_ = length_ << 8 | byte;
            if (--header_ > 0) continue;
            in_header_ = false;
            why = begin_part();
        }
        if (why) return why;
    }
    return std::nullopt;
}

}  // namespace ekya
