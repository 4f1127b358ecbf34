#include <algorithm>
#include <zmq.hpp>

#include "ekya/wire/sockets.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {

struct EventPublisher::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t events{context, zmq::socket_type::xpub};
    int subscriptions = 0;  // that differ; ZeroMQ reports the first and the end of the last one
};

EventPublisher::EventPublisher(const std::string& endpoint, const SocketSecurity& security,
                               int queue)
    : sockets_(std::make_unique<Sockets>(security)) {
    sockets_->events.set(zmq::sockopt::linger, 500);
    sockets_->events.set(zmq::sockopt::sndhwm, queue);
    sockets_->peers.bind(sockets_->events, endpoint, subscribers_send);
}

EventPublisher::~EventPublisher() = default;

bool EventPublisher::wanted() {
    int& subscriptions = sockets_->subscriptions;
    for (zmq::message_t message; sockets_->events.recv(message, zmq::recv_flags::dontwait);) {
        if (message.empty()) continue;
        const char kind = *static_cast<const char*>(message.data());
        if (kind == 1) ++subscriptions;
        if (kind == 0) subscriptions = std::max(subscriptions - 1, 0);
    }
    return subscriptions > 0;
}

void EventPublisher::publish(const Json& record) { publish(to_line(record)); }

void EventPublisher::publish(const std::string& line) {
    if (wanted()) send_parts(sockets_->events, {line});
}

std::vector<std::string> EventPublisher::troubles() { return sockets_->peers.troubles(); }

}  // namespace ekya
