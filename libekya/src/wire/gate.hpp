#pragma once
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ekya/core/complaints.hpp"
#include "ipc_listener.hpp"
#include "zmtp_meter.hpp"

namespace ekya {

/// Stands between the peers of an endpoint of this machine, ipc:// or loopback, and the ZeroMQ
/// socket that is bound there, on a thread of its own. It passes on what keeps to the protocol and
/// its limits and cuts off a peer that does not, so that no peer makes ZeroMQ keep more than a
/// known amount of memory. A peer that sends faster than limits::connection_rate is read more
/// slowly.
class Gate {
public:
    /// @param linger how long what the ZeroMQ socket has sent may take to reach peers that read
    /// slowly, after the socket was closed
    /// @throws ConfigError as IpcListener and listen_on_loopback()
    Gate(const std::string& endpoint, PeerLimits limits, std::chrono::milliseconds linger);
    /// Whether it can stand before an endpoint; others are reached from other machines.
    [[nodiscard]] static bool can_guard(std::string_view endpoint);
    /// After the ZeroMQ socket was closed.
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    /// Where the ZeroMQ socket listens for connections of this process (ZMQ_USE_FD). The caller
    /// closes it.
    [[nodiscard]] int inner_socket() { return inner_.socket.release(); }
    /// Peers that were cut off since the last call, for people; at most one message a second.
    [[nodiscard]] std::optional<std::string> trouble();

private:
    using Clock = std::chrono::steady_clock;
    /// One direction of a connection.
    struct Flow {
        std::vector<std::uint8_t> buffer;
        std::size_t begin = 0, end = 0;  // what waits to be written
        bool over = false;               // nothing more comes
        bool closed = false;             // and the other side knows
        [[nodiscard]] bool empty() const { return begin == end; }
    };
    struct Connection {
        FileDescriptor peer, inner;
        int process;  // 0 = unknown
        ZmtpMeter meter;
        Flow in, out;
        Clock::time_point paid_until;  // what was taken, at the rate that is allowed
        Clock::time_point read_at;     // when the peer last took something of what waits for it
    };

    [[nodiscard]] int listener() const;
    void work();
    void accept_peers();
    void serve(Connection& connection, const pollfd& peer, const pollfd& inner);
    void take(Connection& connection);
    void cut(Connection& connection, const std::string& why);
    void note(const std::string& trouble);

    const std::string endpoint_;
    const PeerLimits limits_;
    const std::chrono::milliseconds linger_;
    HiddenListener inner_;
    std::optional<IpcListener> file_;
    std::optional<FileDescriptor> port_;
    FileDescriptor stop_;  // an eventfd
    std::list<Connection> connections_;
    Clock::time_point no_peers_until_{};
    std::mutex mutex_;
    Complaints complaints_;
    std::thread thread_;
};

}  // namespace ekya
