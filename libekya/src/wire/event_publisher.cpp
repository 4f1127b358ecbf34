#include <zmq.hpp>

#include "ekya/wire/sockets.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {

struct EventPublisher::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t events{context, zmq::socket_type::pub};
};

EventPublisher::EventPublisher(const std::string& endpoint, const SocketSecurity& security)
    : sockets_(std::make_unique<Sockets>(security)) {
    sockets_->events.set(zmq::sockopt::linger, 500);
    sockets_->peers.bind(sockets_->events, endpoint, subscribers_send);
}

EventPublisher::~EventPublisher() = default;

void EventPublisher::publish(const Json& record) {
    send_parts(sockets_->events, {to_line(record)});
}

std::vector<std::string> EventPublisher::troubles() { return sockets_->peers.troubles(); }

}  // namespace ekya
