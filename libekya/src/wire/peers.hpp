#pragma once
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "ekya/wire/socket_security.hpp"
#include "zap_handler.hpp"

namespace ekya {

/// Tells whether the peer of a socket that connects refuses it. Made before the socket connects.
class HandshakeMonitor {
public:
    /// @param name tells the monitors of one context apart
    HandshakeMonitor(zmq::context_t& context, zmq::socket_t& socket, const std::string& name);
    /// Whether the last handshake failed for good. ZeroMQ gives up such a connection: the program
    /// has to start anew.
    [[nodiscard]] bool refused();

private:
    int failures_ = 0;  // in a row
    zmq::socket_t events_;
};

/// How the sockets of one context find their peers: all get heartbeats, TCP ones keep-alive, and
/// CURVE where there are keys. Declared between the context and its sockets, it goes behind the
/// sockets and before the context.
class Peers {
public:
    Peers(zmq::context_t& context, SocketSecurity security)
        : context_(context), security_(std::move(security)) {}

    /// @throws ConfigError naming the endpoint; InputError for keys that cannot be read
    void bind(zmq::socket_t& socket, const std::string& endpoint);
    void connect(zmq::socket_t& socket, const std::string& endpoint);
    /// What is wrong with peers since the last call, for people; a lasting trouble is told once.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Connection {
        std::string endpoint;
        HandshakeMonitor monitor;
        bool told = false;
    };
    zmq::context_t& context_;
    SocketSecurity security_;
    std::optional<ZapHandler> zap_;
    std::vector<Connection> connections_;
};

}  // namespace ekya
