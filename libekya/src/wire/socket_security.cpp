#include "ekya/wire/socket_security.hpp"

#include <arpa/inet.h>

#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/wire/keys.hpp"
#include "ipc_listener.hpp"

namespace ekya {
namespace {

bool is_loopback(const std::string& host) {
    in_addr address{};
    if (inet_pton(AF_INET, host.c_str(), &address) == 1)
        return (ntohl(address.s_addr) >> 24) == 127;
    return host == "localhost" || host == "[::1]" || host == "::1";
}

}  // namespace

bool is_local_endpoint(std::string_view endpoint) {
    if (endpoint.starts_with("ipc://") || endpoint.starts_with("inproc://")) return true;
    if (!endpoint.starts_with("tcp://")) return false;
    endpoint.remove_prefix(6);
    // "source;destination" connects from an address of choice; where it leads to decides.
    if (const auto source = endpoint.rfind(';'); source != std::string_view::npos)
        endpoint.remove_prefix(source + 1);
    return is_loopback(std::string(endpoint.substr(0, endpoint.rfind(':'))));
}

bool uses_keys(std::string_view endpoint, const SocketSecurity& security) {
    if (endpoint.starts_with("ipc://")) (void)ipc_path(std::string(endpoint));
    const bool tcp = endpoint.starts_with("tcp://");
    if (tcp && !security.keys.empty()) return true;
    // What is no endpoint at all is left to ZeroMQ to complain of.
    if (security.insecure || is_local_endpoint(endpoint) ||
        endpoint.find("://") == std::string_view::npos)
        return false;
    if (!tcp)
        throw ConfigError(
            std::string(endpoint) +
            ": keys guard tcp:// only, and other machines may reach this; --insecure allows it");
    throw ConfigError(
        std::string(endpoint) +
        ": other machines may reach this; it needs --keys DIR (ekya-keys makes one) or --insecure");
}

void check_endpoint(std::string_view endpoint, const SocketSecurity& security, EndpointUse use) {
    if (endpoint.empty() || !uses_keys(endpoint, security)) return;
    if (use == EndpointUse::bind) {
        (void)read_secret_key(security.keys / "server.key");
        (void)read_clients(security.keys);
    } else {
        (void)read_secret_key(security.keys / "client.key");
        (void)read_public_key(security.keys / "server.pub");
    }
}

}  // namespace ekya
