#include "ekya/wire/sockets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

constexpr auto flag_if = [](bool more) { return more ? zmq::send_flags::sndmore : zmq::send_flags::none; };

void send_text(zmq::socket_t& socket, const std::string& text, bool more) {
    socket.send(zmq::buffer(text), flag_if(more) | zmq::send_flags::dontwait);
}

template <typename Bind>
void open_endpoint(const std::string& endpoint, const char* what, Bind&& bind) {
    try {
        bind();
    } catch (const zmq::error_t& e) {
        throw ConfigError(endpoint + ": cannot " + what + ": " + e.what());
    }
}

/// Waits until a socket can be read, the time is over or a signal came.
void wait_for(std::span<zmq::pollitem_t> items, std::chrono::milliseconds limit) {
    try {
        zmq::poll(items.data(), items.size(), limit);
    } catch (const zmq::error_t& e) {
        if (e.num() != EINTR) throw SystemError(std::string("cannot wait for messages: ") + e.what());
    }
}

std::string as_string(const zmq::message_t& message) { return {static_cast<const char*>(message.data()), message.size()}; }

}  // namespace

struct FramePublisher::Sockets {
    zmq::context_t context{1};
    zmq::socket_t frames{context, zmq::socket_type::xpub};
};

FramePublisher::FramePublisher(const std::string& endpoint, int queue) : sockets_(std::make_unique<Sockets>()) {
    sockets_->frames.set(zmq::sockopt::sndhwm, queue);
    // Long enough for the last window's end to reach a subscriber that is busy, short enough not to hang without one.
    sockets_->frames.set(zmq::sockopt::linger, 2000);
    // Without it only the first of several equal subscriptions is reported, and nobody could wait for two.
    sockets_->frames.set(zmq::sockopt::xpub_verbose, true);
    open_endpoint(endpoint, "bind", [&] { sockets_->frames.bind(endpoint); });
}

FramePublisher::~FramePublisher() = default;

bool FramePublisher::wait_for_subscribers(int subscribers, std::chrono::milliseconds limit,
                                          const std::function<bool()>& cancelled) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (subscribers > 0) {
        if (std::chrono::steady_clock::now() > end || (cancelled && cancelled())) return false;
        zmq::pollitem_t item{sockets_->frames, 0, ZMQ_POLLIN, 0};
        wait_for({&item, 1}, std::chrono::milliseconds(50));
        zmq::message_t message;
        while (sockets_->frames.recv(message, zmq::recv_flags::dontwait))
            if (message.size() > 0 && *static_cast<const char*>(message.data()) == 1) --subscribers;
    }
    return true;
}

void FramePublisher::publish(const FrameHeader& header, const FrameImage& image) {
    send_text(sockets_->frames, to_line(encode(header)), true);
    sockets_->frames.send(zmq::buffer(image.bgr), zmq::send_flags::dontwait);
}

void FramePublisher::publish(const WindowEnd& end) { send_text(sockets_->frames, to_line(encode(end)), false); }

struct InferenceSockets::Sockets {
    zmq::context_t context{1};
    zmq::socket_t frames{context, zmq::socket_type::sub};
    std::optional<zmq::socket_t> control;
};

InferenceSockets::InferenceSockets(const std::string& frames, const std::string& control, int queue)
    : sockets_(std::make_unique<Sockets>()) {
    sockets_->frames.set(zmq::sockopt::rcvhwm, queue);
    sockets_->frames.set(zmq::sockopt::linger, 0);
    sockets_->frames.set(zmq::sockopt::subscribe, "");
    open_endpoint(frames, "connect", [&] { sockets_->frames.connect(frames); });
    if (control.empty()) return;
    sockets_->control.emplace(sockets_->context, zmq::socket_type::router);
    sockets_->control->set(zmq::sockopt::linger, 500);
    open_endpoint(control, "bind", [&] { sockets_->control->bind(control); });
}

InferenceSockets::~InferenceSockets() = default;

void InferenceSockets::wait(std::chrono::milliseconds limit) {
    std::array<zmq::pollitem_t, 2> items{{{sockets_->frames, 0, ZMQ_POLLIN, 0}, {nullptr, 0, 0, 0}}};
    if (sockets_->control) items[1] = {*sockets_->control, 0, ZMQ_POLLIN, 0};
    wait_for({items.data(), sockets_->control ? 2U : 1U}, limit);
}

std::optional<FrameMessage> InferenceSockets::next_frame() {
    zmq::message_t header, image;
    if (!sockets_->frames.recv(header, zmq::recv_flags::dontwait)) return std::nullopt;
    const bool has_image = header.more();
    if (has_image && !sockets_->frames.recv(image, zmq::recv_flags::none)) return std::nullopt;
    for (zmq::message_t rest; has_image && image.more(); image = std::move(rest))
        if (!sockets_->frames.recv(rest, zmq::recv_flags::none)) break;

    const Json json = parse_json(as_string(header), "frame message");
    FrameMessage message;
    if (!has_image) {
        message.end = decode<WindowEnd>(json, "frame message");
        return message;
    }
    message.frame = decode<FrameHeader>(json, "frame message");
    message.image.width = message.frame->width;
    message.image.height = message.frame->height;
    const std::size_t expected = static_cast<std::size_t>(message.frame->width) * message.frame->height * 3;
    if (image.size() != expected)
        throw InputError("frame message: image of " + std::to_string(image.size()) + " bytes, its header says " +
                         std::to_string(expected));
    const auto* bytes = static_cast<const std::uint8_t*>(image.data());
    message.image.bgr.assign(bytes, bytes + image.size());
    return message;
}

std::optional<InferenceSockets::Request> InferenceSockets::next_request() {
    while (sockets_->control) {
        zmq::message_t peer, part;
        if (!sockets_->control->recv(peer, zmq::recv_flags::dontwait)) break;
        std::string text;
        for (bool more = peer.more(); more; more = part.more()) {
            if (!sockets_->control->recv(part, zmq::recv_flags::none)) break;
            text = as_string(part);   // REQ peers put an empty part in front; the last one is the request
        }
        const std::string token = as_string(peer);
        try {
            return Request{decode<ControlRequest>(parse_json(text, "control message"), "control message"), token};
        } catch (const Error& e) {
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
    send_text(*sockets_->control, token, true);
    send_text(*sockets_->control, "", true);
    send_text(*sockets_->control, to_line(encode(answer)), false);
}

ControlReply send_control(const std::string& endpoint, const ControlRequest& request, std::chrono::milliseconds limit) {
    zmq::context_t context{1};
    zmq::socket_t socket(context, zmq::socket_type::req);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndtimeo, static_cast<int>(limit.count()));
    open_endpoint(endpoint, "connect", [&] { socket.connect(endpoint); });
    const auto end = std::chrono::steady_clock::now() + limit;
    bool waiting = socket.send(zmq::buffer(to_line(encode(request))), zmq::send_flags::none).has_value();
    for (zmq::message_t answer; waiting; waiting = std::chrono::steady_clock::now() < end) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        zmq::pollitem_t item{socket, 0, ZMQ_POLLIN, 0};
        wait_for({&item, 1}, std::max(left, std::chrono::milliseconds(0)));
        if (socket.recv(answer, zmq::recv_flags::dontwait))
            return decode<ControlReply>(parse_json(as_string(answer), endpoint), endpoint);
    }
    throw SystemError(endpoint + ": no answer within " + std::to_string(limit.count()) + " ms; is ekya-infer running?");
}

void announce_share(const std::string& endpoint, double share, const InferenceConfig& config, std::chrono::milliseconds limit) {
    ControlRequest request;
    request.kind = ControlRequest::Kind::set;
    request.share = std::max(share, 0.01);
    request.frame_stride = config.frame_stride;
    request.input_size = config.input_size;
    const auto reply = send_control(endpoint, request, limit);
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
