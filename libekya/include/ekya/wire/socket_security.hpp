#pragma once
#include <filesystem>
#include <string_view>

namespace ekya {

/// What guards sockets that other machines can reach. ipc:// endpoints are files, which the file
/// system guards, and never use keys; tcp:// ones use them where there are some, also on this
/// machine alone.
struct SocketSecurity {
    std::filesystem::path keys;  ///< directory of keys (keys.hpp); empty = none
    bool insecure = false;       ///< allow what other machines can reach without keys
};

/// Whether only programs of this machine can reach an endpoint: ipc://, inproc://, and tcp:// on a
/// loopback address.
[[nodiscard]] bool is_local_endpoint(std::string_view endpoint);

/// Whether connections over an endpoint are encrypted and authenticated.
/// @throws ConfigError for an ipc:// one that is abstract ("ipc://@...", open to all users) or too
/// long, and if it is not local and neither keys nor `insecure` are given, or keys cannot
/// guard its transport
[[nodiscard]] bool uses_keys(std::string_view endpoint, const SocketSecurity& security);

enum class EndpointUse { bind, connect };

/// Tells before any work is done that an endpoint cannot be used; an empty one can.
/// @throws ConfigError as uses_keys(); InputError naming the key file that cannot be read
void check_endpoint(std::string_view endpoint, const SocketSecurity& security, EndpointUse use);

}  // namespace ekya
