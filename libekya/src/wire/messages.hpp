#pragma once
#include <chrono>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace ekya {

[[nodiscard]] std::string as_string(const zmq::message_t& message);

/// Sends a message of these parts without waiting; where the peer is gone or its queue is full it
/// is dropped whole.
void send_parts(zmq::socket_t& socket, const std::vector<std::string>& parts);

/// The parts of a message that is there already; none if there is no message.
[[nodiscard]] std::vector<std::string> receive_parts(zmq::socket_t& socket);

/// Waits until a socket can be read, the time is over (< 0: never) or a signal came. @throws
/// SystemError
void wait_for(std::span<zmq::pollitem_t> items, std::chrono::milliseconds limit);

}  // namespace ekya
