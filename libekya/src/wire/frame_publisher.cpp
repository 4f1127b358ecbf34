#include <zmq.hpp>

#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {

struct FramePublisher::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t frames{context, zmq::socket_type::xpub};

    /// Takes what subscribers sent. @return how many subscriptions were among it
    int take_subscriptions() {
        int subscriptions = 0;
        for (zmq::message_t message; frames.recv(message, zmq::recv_flags::dontwait);)
            if (!message.empty() && *static_cast<const char*>(message.data()) == 1) ++subscriptions;
        return subscriptions;
    }
};

FramePublisher::FramePublisher(const std::string& endpoint, int queue,
                               const SocketSecurity& security)
    : sockets_(std::make_unique<Sockets>(security)) {
    auto& frames = sockets_->frames;
    frames.set(zmq::sockopt::sndhwm, queue);
    // Long enough for the last window's end to reach a subscriber that is busy, short enough not to
    // hang without one.
    frames.set(zmq::sockopt::linger, 2000);
    // Without it only the first of several equal subscriptions is reported, and nobody could wait
    // for two.
    frames.set(zmq::sockopt::xpub_verbose, true);
    sockets_->peers.bind(frames, endpoint, subscribers_send);
}

FramePublisher::~FramePublisher() = default;

bool FramePublisher::wait_for_subscribers(int subscribers, std::chrono::milliseconds limit,
                                          const std::function<bool()>& cancelled) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (subscribers > 0) {
        if (std::chrono::steady_clock::now() > end || (cancelled && cancelled())) return false;
        zmq::pollitem_t item{sockets_->frames, 0, ZMQ_POLLIN, 0};
        wait_for({&item, 1}, std::chrono::milliseconds(50));
        subscribers -= sockets_->take_subscriptions();
    }
    return true;
}

void FramePublisher::publish(const FrameHeader& header, const FrameImage& image) {
    sockets_->take_subscriptions();  // peers that come and go, or send what they should not, must
                                     // not pile up
    sockets_->frames.send(zmq::buffer(to_line(encode(header))),
                          zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    sockets_->frames.send(zmq::buffer(image.bgr), zmq::send_flags::dontwait);
}

void FramePublisher::publish(const WindowEnd& end) {
    send_parts(sockets_->frames, {to_line(encode(end))});
}

std::vector<std::string> FramePublisher::troubles() { return sockets_->peers.troubles(); }

}  // namespace ekya
