#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {
namespace {

/// What was announced is checked before any memory is asked for.
FrameMessage frame_message(FrameHeader header, const zmq::message_t& pixels) {
    const std::size_t expected = static_cast<std::size_t>(header.width) * header.height * 3;
    if (pixels.size() != expected)
        throw InputError("frame message: image of " + std::to_string(pixels.size()) +
                         " bytes, its header says " + std::to_string(expected));
    FrameMessage message;
    message.image.width = header.width;
    message.image.height = header.height;
    const auto* bytes = static_cast<const std::uint8_t*>(pixels.data());
    message.image.bgr.assign(bytes, bytes + pixels.size());
    message.frame = std::move(header);
    return message;
}

/// The peer's token, an empty part, the request.
ControlRequest request_of(const std::vector<std::string>& parts) {
    const std::string where = "control message";
    if (parts.size() != 3 || !parts[1].empty())
        throw InputError(where + ": " + std::to_string(parts.size() - 1) +
                         " parts, not an empty one and the request");
    if (parts[2].size() > limits::request_bytes)
        throw InputError(where + ": more than " + std::to_string(limits::request_bytes) + " bytes");
    return decode<ControlRequest>(parse_json(parts[2], where), where);
}

}  // namespace

struct InferenceSockets::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t frames{context, zmq::socket_type::sub};
    std::optional<zmq::socket_t> control;
};

InferenceSockets::InferenceSockets(const std::string& frames, const std::string& control, int queue,
                                   const SocketSecurity& security)
    : sockets_(std::make_unique<Sockets>(security)) {
    sockets_->frames.set(zmq::sockopt::rcvhwm, queue);
    sockets_->frames.set(zmq::sockopt::linger, 0);
    sockets_->frames.set(zmq::sockopt::maxmsgsize, std::int64_t{limits::frame_bytes});
    sockets_->frames.set(zmq::sockopt::subscribe, "");
    sockets_->peers.connect(sockets_->frames, frames);
    if (control.empty()) return;
    sockets_->control.emplace(sockets_->context, zmq::socket_type::router);
    sockets_->control->set(zmq::sockopt::linger, 500);
    sockets_->control->set(zmq::sockopt::rcvhwm, limits::waiting_requests);
    sockets_->peers.bind(*sockets_->control, control, PeerLimits{limits::request_bytes, false});
}

InferenceSockets::~InferenceSockets() = default;

void InferenceSockets::wait(std::chrono::milliseconds limit) {
    InferenceSockets* const self = this;
    wait({&self, 1}, limit);
}

void InferenceSockets::wait(std::span<InferenceSockets* const> sockets,
                            std::chrono::milliseconds limit) {
    std::vector<zmq::pollitem_t> items;
    for (const auto* one : sockets) {
        items.push_back({one->sockets_->frames, 0, ZMQ_POLLIN, 0});
        if (one->sockets_->control) items.push_back({*one->sockets_->control, 0, ZMQ_POLLIN, 0});
    }
    wait_for(items, limit);
}

std::optional<FrameMessage> InferenceSockets::next_frame() {
    zmq::message_t header, image;
    if (!sockets_->frames.recv(header, zmq::recv_flags::dontwait)) return std::nullopt;
    const bool has_image = header.more();
    if (has_image && !sockets_->frames.recv(image, zmq::recv_flags::none)) return std::nullopt;
    int parts = has_image ? 2 : 1;
    for (zmq::message_t rest; has_image && image.more(); image = std::move(rest), ++parts)
        if (!sockets_->frames.recv(rest, zmq::recv_flags::none)) break;

    if (parts > 2)
        throw InputError("frame message: " + std::to_string(parts) +
                         " parts, not a header and an image");
    if (header.size() > limits::frame_header_bytes)
        throw InputError("frame message: a header of " + std::to_string(header.size()) +
                         " bytes, more than " + std::to_string(limits::frame_header_bytes));
    const Json json = parse_json(as_string(header), "frame message");
    if (has_image) return frame_message(decode<FrameHeader>(json, "frame message"), image);
    FrameMessage message;
    message.end = decode<WindowEnd>(json, "frame message");
    return message;
}

std::optional<InferenceSockets::Request> InferenceSockets::next_request() {
    // A peer that floods us with nonsense must not keep frames waiting: so many are answered at
    // once, then frames' turn.
    for (int refusals = 0; sockets_->control && refusals < limits::requests_at_once; ++refusals) {
        const auto parts = receive_parts(*sockets_->control);
        if (parts.empty()) break;
        const std::string& token = parts.front();
        try {
            return Request{request_of(parts), token};
        } catch (const std::exception& e) {
            ControlReply refusal;
            refusal.ok = false;
            refusal.error = e.what();
            reply(token, refusal);
        }
    }
    return std::nullopt;
}

void InferenceSockets::reply(const std::string& token, const ControlReply& answer) {
    if (!sockets_->control) return;
    auto shown = answer;
    shown.error = printable(answer.error, limits::refusal_bytes);
    send_parts(*sockets_->control, {token, "", to_line(encode(shown))});
}

std::vector<std::string> InferenceSockets::troubles() { return sockets_->peers.troubles(); }

}  // namespace ekya
