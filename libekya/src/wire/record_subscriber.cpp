#include "ekya/wire/record_subscriber.hpp"

#include <zmq.hpp>

#include "ekya/core/limits.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {

struct RecordSubscriber::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t records{context, zmq::socket_type::sub};
    std::int64_t malformed = 0;
};

RecordSubscriber::RecordSubscriber(int queue, const SocketSecurity& security)
    : sockets_(std::make_unique<Sockets>(security)) {
    auto& records = sockets_->records;
    records.set(zmq::sockopt::rcvhwm, queue);
    records.set(zmq::sockopt::linger, 0);
    records.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits::line_bytes));
    // A publisher that is away for long is tried less often.
    records.set(zmq::sockopt::reconnect_ivl, 100);
    records.set(zmq::sockopt::reconnect_ivl_max, 2000);
    records.set(zmq::sockopt::subscribe, "");
}

RecordSubscriber::~RecordSubscriber() = default;

void RecordSubscriber::connect(const std::string& endpoint) {
    sockets_->peers.connect(sockets_->records, endpoint);
}

void RecordSubscriber::disconnect(const std::string& endpoint) try {
    sockets_->records.disconnect(endpoint);
} catch (const zmq::error_t&) {  // it has ended by itself
}

void RecordSubscriber::wait(std::chrono::milliseconds limit) {
    zmq::pollitem_t item{sockets_->records, 0, ZMQ_POLLIN, 0};
    wait_for({&item, 1}, limit);
}

std::optional<std::string> RecordSubscriber::next() {
    while (true) {
        auto parts = receive_parts(sockets_->records);
        if (parts.empty()) return std::nullopt;
        if (parts.size() == 1) return std::move(parts.front());
        ++sockets_->malformed;
    }
}

std::int64_t RecordSubscriber::malformed() const { return sockets_->malformed; }

std::vector<std::string> RecordSubscriber::troubles() { return sockets_->peers.troubles(); }

}  // namespace ekya
