#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "ekya/wire/socket_security.hpp"

namespace ekya {

/// Sends one request to a ROUTER and waits for its answer, on a connection of its own (DEALER).
/// @return the answer's text, or nothing when the time is over
/// @throws ConfigError if the endpoint cannot be used, SystemError as soon as the other side
/// refuses us
[[nodiscard]] std::optional<std::string> ask(const std::string& endpoint,
                                             const std::string& request,
                                             std::chrono::milliseconds limit,
                                             const SocketSecurity& security);

}  // namespace ekya
