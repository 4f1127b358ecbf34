// Looking up a host's name without being held up by it.
#pragma once

#include <string>

#include "interrupt.hpp"

namespace ekya {

/// The host in "scheme://user:password@host:port/path"; empty if there is none.
[[nodiscard]] std::string host_of(const std::string& url);

/// Waits until the resolver has answered for the host, whatever it says, or the interrupt ends the
/// wait. FFmpeg asks the resolver itself, but in a call that nothing ends: without a network that
/// takes many seconds.
/// @return false if the interrupt ended it
[[nodiscard]] bool await_lookup(const std::string& host, const Interrupt& interrupt);

}  // namespace ekya
