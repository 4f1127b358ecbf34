#include "peers.hpp"

#include <algorithm>
#include <cstring>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/keys.hpp"
#include "messages.hpp"

namespace ekya {
namespace {

/// A connection whose other end vanished (power, cable) would look well for hours: TCP tells it
/// from one that is merely silent. ZeroMQ's own heartbeats are not used: libzmq 4.3.4 aborts the
/// program when a heartbeat is due, or comes, while a peer's messages wait behind a full queue and
/// the peer has left (libzmq issues 4364 and 3937, assertions `!_io_error`, `_input_stopped`).
void watch_peer(zmq::socket_t& socket) {
    constexpr int patience = 6000;  // milliseconds
    socket.set(zmq::sockopt::handshake_ivl, patience);
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    socket.set(zmq::sockopt::tcp_keepalive_idle, 2);  // seconds
    socket.set(zmq::sockopt::tcp_keepalive_intvl, 2);
    socket.set(zmq::sockopt::tcp_keepalive_cnt, 2);
    socket.set(zmq::sockopt::tcp_maxrt, patience);  // what was sent is not acknowledged
}

template <typename Open>
void open_endpoint(const std::string& endpoint, const char* what, Open&& open) {
    try {
        open();
    } catch (const zmq::error_t& e) {
        throw ConfigError(endpoint + ": cannot " + what + ": " + e.what());
    }
}

}  // namespace

HandshakeMonitor::HandshakeMonitor(zmq::context_t& context, zmq::socket_t& socket,
                                   const std::string& name)
    : events_(context, zmq::socket_type::pair) {
    const std::string endpoint = "inproc://ekya.monitor." + name;
    constexpr int kinds = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), kinds) != 0)
        throw SystemError(std::string("cannot watch a socket: ") + zmq_strerror(zmq_errno()));
    events_.set(zmq::sockopt::linger, 0);
    events_.connect(endpoint);
}

bool HandshakeMonitor::refused() {
    for (auto event = receive_parts(events_); !event.empty(); event = receive_parts(events_)) {
        std::uint16_t kind = 0;  // the first two bytes of the first part
        if (event[0].size() >= sizeof kind) std::memcpy(&kind, event[0].data(), sizeof kind);
        // Without a reason given the peer may just have ended in the middle of it, so it takes two
        // in a row.
        if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            failures_ = 0;
        else
            failures_ += kind == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ? 1 : 2;
    }
    return failures_ >= 2;
}

void Peers::bind(zmq::socket_t& socket, const std::string& endpoint, PeerLimits limits) {
    watch_peer(socket);
    if (uses_keys(endpoint, security_)) {
        const auto server = read_secret_key(security_.keys / "server.key");
        if (!zap_) zap_.emplace(context_, security_.keys);
        socket.set(zmq::sockopt::curve_server, true);
        socket.set(zmq::sockopt::curve_secretkey, server.secret_key);
        socket.set(zmq::sockopt::zap_domain, "ekya");
    } else if (Gate::can_guard(endpoint)) {
        return bind_behind_gate(socket, endpoint, limits);
    }
    socket.set(zmq::sockopt::maxmsgsize,
               static_cast<std::int64_t>(std::max(limits.part_bytes, limits::command_bytes)));
    open_endpoint(endpoint, "bind", [&] { socket.bind(endpoint); });
}

/// Where peers may send a known number of messages only, ZeroMQ's queue never fills.
void Peers::bind_behind_gate(zmq::socket_t& socket, const std::string& endpoint,
                             PeerLimits limits) {
    const std::chrono::milliseconds linger(std::max(socket.get(zmq::sockopt::linger), 0));
    gates_.push_back(std::make_unique<Gate>(endpoint, limits, linger));
    if (limits.messages > 0) socket.set(zmq::sockopt::rcvhwm, 0);
    socket.set(zmq::sockopt::use_fd, gates_.back()->inner_socket());
    open_endpoint(endpoint, "bind", [&] { socket.bind("ipc://behind-a-gate"); });
}

void Peers::connect(zmq::socket_t& socket, const std::string& endpoint) {
    watch_peer(socket);
    if (uses_keys(endpoint, security_)) {
        const auto client = read_secret_key(security_.keys / "client.key");
        socket.set(zmq::sockopt::curve_serverkey,
                   read_public_key(security_.keys / "server.pub").public_key);
        socket.set(zmq::sockopt::curve_publickey, client.public_key);
        socket.set(zmq::sockopt::curve_secretkey, client.secret_key);
    }
    if (endpoint.starts_with("tcp://")) {
        // A peer that refuses us is not asked ten times a second for ever.
        socket.set(zmq::sockopt::reconnect_ivl_max, 2000);
        connections_.push_back(
            {endpoint, HandshakeMonitor(context_, socket, std::to_string(connections_.size()))});
    }
    open_endpoint(endpoint, "connect", [&] { socket.connect(endpoint); });
}

std::vector<std::string> Peers::troubles() {
    std::vector<std::string> troubles;
    if (zap_)
        for (auto& refusal : zap_->take_refusals()) refusals_.add(std::move(refusal));
    if (auto refused = refusals_.take(SystemClock().now())) troubles.push_back(*refused);
    for (const auto& gate : gates_)
        if (auto trouble = gate->trouble()) troubles.push_back(*trouble);
    for (auto& connection : connections_) {
        if (!connection.monitor.refused() || connection.told) continue;
        connection.told = true;
        troubles.push_back(connection.endpoint +
                           ": the other side refuses the connection; it and this program need keys "
                           "that know each other (--keys)");
    }
    return troubles;
}

}  // namespace ekya
