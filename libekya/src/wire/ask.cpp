#include "ask.hpp"

#include <algorithm>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {

std::optional<std::string> ask(const std::string& endpoint, const std::string& request,
                               std::chrono::milliseconds limit, const SocketSecurity& security) {
    using std::chrono::milliseconds;
    zmq::context_t context{1};
    Peers peers(context, security);
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::maxmsgsize, std::int64_t{limits::reply_bytes});
    peers.connect(socket, endpoint);
    send_parts(socket, {"", request});  // kept by the socket until a peer is there
    const auto end = std::chrono::steady_clock::now() + limit;
    do {
        const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
        zmq::pollitem_t item{socket, 0, ZMQ_POLLIN, 0};
        wait_for({&item, 1}, std::clamp(left, milliseconds(0), milliseconds(100)));
        if (auto parts = receive_parts(socket); !parts.empty()) return std::move(parts.back());
        if (const auto troubles = peers.troubles(); !troubles.empty())
            throw SystemError(troubles.front());
    } while (std::chrono::steady_clock::now() < end);
    return std::nullopt;
}

}  // namespace ekya
