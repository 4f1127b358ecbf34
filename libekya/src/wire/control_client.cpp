#include <algorithm>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {
namespace {

/// The answer's text, or nothing when the time is over. @throws SystemError as soon as the other side refuses us
std::optional<std::string> await_answer(zmq::socket_t& socket, Peers& peers, std::chrono::milliseconds limit) {
    using std::chrono::milliseconds;
    const auto end = std::chrono::steady_clock::now() + limit;
    do {
        const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
        zmq::pollitem_t item{socket, 0, ZMQ_POLLIN, 0};
        wait_for({&item, 1}, std::clamp(left, milliseconds(0), milliseconds(100)));
        if (auto parts = receive_parts(socket); !parts.empty()) return std::move(parts.back());
        if (const auto troubles = peers.troubles(); !troubles.empty()) throw SystemError(troubles.front());
    } while (std::chrono::steady_clock::now() < end);
    return std::nullopt;
}

}  // namespace

ControlReply send_control(const std::string& endpoint, const ControlRequest& request, std::chrono::milliseconds limit,
                          const SocketSecurity& security) {
    zmq::context_t context{1};
    Peers peers(context, security);
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    peers.connect(socket, endpoint);
    send_parts(socket, {"", to_line(encode(request))});   // kept by the socket until a peer is there
    if (const auto answer = await_answer(socket, peers, limit)) return decode<ControlReply>(parse_json(*answer, endpoint), endpoint);
    throw SystemError(endpoint + ": no answer within " + std::to_string(limit.count()) + " ms; is ekya-infer running?");
}

void announce_share(const std::string& endpoint, double share, const InferenceConfig& config, std::chrono::milliseconds limit,
                    const SocketSecurity& security) {
    ControlRequest request;
    request.kind = ControlRequest::Kind::set;
    request.share = std::max(share, 0.01);
    request.frame_stride = config.frame_stride;
    request.input_size = config.input_size;
    const auto reply = send_control(endpoint, request, limit, security);
    if (!reply.ok) throw InputError(reply.error);
}

std::string endpoint_for(std::string_view endpoint, const std::string& stream) {
    std::string text(endpoint);
    const std::string mark = "{stream}";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + stream.size()))
        text.replace(at, mark.size(), stream);
    return text;
}

}  // namespace ekya
