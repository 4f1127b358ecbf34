#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "ekya/core/complaints.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/socket_security.hpp"
#include "gate.hpp"
#include "zap_handler.hpp"

namespace ekya {

/// What peers of a socket that publishes send: subscriptions.
inline constexpr PeerLimits subscribers_send{limits::subscription_bytes, true,
                                             limits::subscriptions};

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

/// How the sockets of one context find their peers: TCP ones get keep-alive, and CURVE where there
/// are keys; a gate stands before ipc:// ones that bind. Declared between the context and its
/// sockets, it goes behind the sockets and before the context.
class Peers {
public:
    Peers(zmq::context_t& context, SocketSecurity security)
        : context_(context), security_(std::move(security)) {}

    /// @param limits of what a peer may send. The socket's options are set before.
    /// @throws ConfigError naming the endpoint; InputError for keys that cannot be read
    void bind(zmq::socket_t& socket, const std::string& endpoint, PeerLimits limits);
    void connect(zmq::socket_t& socket, const std::string& endpoint);
    /// What is wrong with peers, for people: a lasting trouble is told once, what peers can cause
    /// at will at most once a second.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    void bind_behind_gate(zmq::socket_t& socket, const std::string& endpoint, PeerLimits limits);

    struct Connection {
        std::string endpoint;
        HandshakeMonitor monitor;
        bool told = false;
    };
    zmq::context_t& context_;
    SocketSecurity security_;
    std::optional<ZapHandler> zap_;
    std::vector<Connection> connections_;
    std::vector<std::unique_ptr<Gate>> gates_;
    Complaints refusals_;
};

}  // namespace ekya
