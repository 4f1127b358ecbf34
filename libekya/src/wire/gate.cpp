#include "gate.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/quiet_thread.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {
namespace {

using std::chrono::milliseconds;
constexpr std::chrono::seconds at_once(1);  // of its rate, a peer may send so much
constexpr std::size_t in_bytes = 4096, out_bytes = std::size_t{256} << 10;

int process_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    return credentials.pid;  // 0 of TCP
}

std::string name_of(int process) {
    return process > 0 ? "a peer (process " + std::to_string(process) + ")" : "a peer";
}

/// @return false if the socket is of no more use
bool write_some(int to, std::vector<std::uint8_t>& buffer, std::size_t& begin, std::size_t end) {
    while (begin < end) {
        const auto count = send(to, buffer.data() + begin, end - begin, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        begin += static_cast<std::size_t>(count);
    }
    return true;
}

/// @return bytes read; 0 = nothing there; -1 = nothing more comes
ssize_t read_some(int from, std::vector<std::uint8_t>& buffer) {
    const auto count = recv(from, buffer.data(), buffer.size(), 0);
    if (count > 0) return count;
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

}  // namespace

Gate::Gate(const std::string& endpoint, PeerLimits limits, milliseconds linger)
    : endpoint_(endpoint),
      limits_(limits),
      linger_(linger),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (endpoint.starts_with("ipc://"))
        file_.emplace(endpoint);
    else
        port_ = listen_on_loopback(endpoint);
    if (stop_.number() < 0)
        throw SystemError(std::string("cannot make an eventfd: ") + std::strerror(errno));
    thread_ = quiet_thread([this] { work(); });
}

Gate::~Gate() {
    const std::uint64_t one = 1;
    while (write(stop_.number(), &one, sizeof one) < 0 && errno == EINTR) {}
    thread_.join();
}

bool Gate::can_guard(std::string_view endpoint) {
    return endpoint.starts_with("ipc://") ||
           (endpoint.starts_with("tcp://") && is_local_endpoint(endpoint) &&
            endpoint.find(';') == std::string_view::npos);
}

int Gate::listener() const {
    if (file_) return file_->number();
    return port_ ? port_->number() : -1;
}

std::optional<std::string> Gate::trouble() {
    const std::lock_guard lock(mutex_);
    return complaints_.take(SystemClock().now());
}

void Gate::note(const std::string& trouble) {
    const std::lock_guard lock(mutex_);
    complaints_.add(endpoint_ + ": " + trouble);
}

void Gate::cut(Connection& connection, const std::string& why) {
    note(name_of(connection.process) + " was cut off: it " + why);
    connection.in = connection.out = Flow{{}, 0, 0, true, true};
}

void Gate::accept_peers() {
    while (true) {
        FileDescriptor peer(accept4(listener(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (peer.number() < 0) {
            // Without descriptors left, those of the next moment are waited for.
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                no_peers_until_ = Clock::now() + milliseconds(100);
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return;
        }
        const int process = process_of(peer.number()), on = 1;
        if (port_) setsockopt(peer.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto of_process = static_cast<std::size_t>(
            std::count_if(connections_.begin(), connections_.end(),
                          [&](const auto& other) { return other.process == process; }));
        if (connections_.size() >= limits::connections ||
            of_process >= limits::connections_of_process) {
            note("a peer (process " + std::to_string(process) +
                 ") was refused: " + std::to_string(connections_.size()) + " are connected, " +
                 std::to_string(of_process) + " of its process");
            no_peers_until_ = Clock::now() + milliseconds(10);  // of those who try for ever
            return;
        }
        auto inner = inner_.connect();
        if (inner.number() < 0) {
            no_peers_until_ = Clock::now() + milliseconds(100);
            return;
        }
        const auto now = Clock::now();
        auto& added = connections_.emplace_back(Connection{
            std::move(peer), std::move(inner), process, ZmtpMeter(limits_), {}, {}, now, now});
        added.in.buffer.resize(in_bytes);
        added.out.buffer.resize(out_bytes);
    }
}

/// Reads from the peer what its rate allows.
void Gate::take(Connection& connection) {
    const auto count = read_some(connection.peer.number(), connection.in.buffer);
    if (count == 0) return;
    if (count < 0) {
        connection.in.over = true;
        return;
    }
    const auto size = static_cast<std::size_t>(count);
    const double cost = connection.meter.cost();
    if (const auto why = connection.meter.take({connection.in.buffer.data(), size}))
        return cut(connection, *why);
    connection.in.begin = 0;
    connection.in.end = size;
    const std::chrono::duration<double> worth((connection.meter.cost() - cost) /
                                              limits::connection_rate);
    connection.paid_until = std::max(connection.paid_until, Clock::now()) +
                            std::chrono::duration_cast<Clock::duration>(worth);
}

void Gate::serve(Connection& c, const pollfd& peer, const pollfd& inner) {
    constexpr short readable = POLLIN | POLLHUP | POLLERR;
    if (c.in.empty() && !c.in.over && (peer.revents & readable) != 0 &&
        Clock::now() >= c.paid_until - at_once)
        take(c);
    if (c.out.empty() && !c.out.over && (inner.revents & readable) != 0) {
        const auto count = read_some(c.inner.number(), c.out.buffer);
        if (count < 0) c.out.over = true;
        if (count > 0) {
            c.out.begin = 0;
            c.out.end = static_cast<std::size_t>(count);
            c.read_at = Clock::now();
        }
    }
    const auto pass_on = [](Flow& flow, int to) {
        if (!write_some(to, flow.buffer, flow.begin, flow.end)) {
            flow.over = flow.closed = true;
            flow.begin = flow.end = 0;
            return false;
        }
        if (flow.over && flow.empty() && !flow.closed) {
            shutdown(to, SHUT_WR);
            flow.closed = true;
        }
        return true;
    };
    // Without one end the other one is of no use either.
    const std::size_t unread = c.out.begin;
    if (!pass_on(c.in, c.inner.number()) || !pass_on(c.out, c.peer.number())) {
        c.in = c.out = Flow{{}, 0, 0, true, true};
        return;
    }
    if (c.out.begin > unread) c.read_at = Clock::now();
    if (!c.out.empty() && Clock::now() - c.read_at > limits_.patience)
        cut(c,
            "has not read what was sent for " + std::to_string(limits_.patience.count()) + " ms");
}

void Gate::work() {
    std::optional<Clock::time_point> end;  // once it is to stop
    std::vector<pollfd> items;
    while (true) {
        const auto now = Clock::now();
        if (end && (connections_.empty() || now >= *end)) return;
        auto wake = end.value_or(now + std::chrono::hours(1));
        items.clear();
        items.push_back({end ? -1 : stop_.number(), POLLIN, 0});
        items.push_back({end || now < no_peers_until_ ? -1 : listener(), POLLIN, 0});
        if (now < no_peers_until_) wake = std::min(wake, no_peers_until_);
        for (const auto& c : connections_) {
            short peer = 0, inner = 0;
            if (c.in.empty() && !c.in.over) {
                if (now >= c.paid_until - at_once)
                    peer |= POLLIN;
                else
                    wake = std::min(wake, c.paid_until - at_once);
            }
            if (!c.out.empty()) {
                peer |= POLLOUT;
                wake = std::min(wake, c.read_at + limits_.patience + milliseconds(1));
            }
            if (c.out.empty() && !c.out.over) inner |= POLLIN;
            if (!c.in.empty()) inner |= POLLOUT;
            // A descriptor of which nothing is wanted would still report that its other end left.
            items.push_back({peer != 0 ? c.peer.number() : -1, peer, 0});
            items.push_back({inner != 0 ? c.inner.number() : -1, inner, 0});
        }
        const auto wait = std::chrono::ceil<milliseconds>(wake - now).count();
        if (poll(items.data(), items.size(), static_cast<int>(std::max<long>(wait, 0))) < 0)
            continue;
        if (!end && items[0].revents != 0) end = Clock::now() + linger_;
        auto item = items.begin() + 2;
        for (auto& c : connections_) {
            serve(c, item[0], item[1]);
            item += 2;
        }
        std::erase_if(connections_, [](const auto& c) { return c.out.closed; });
        if (!end && items[1].revents != 0) accept_peers();
    }
}

}  // namespace ekya
