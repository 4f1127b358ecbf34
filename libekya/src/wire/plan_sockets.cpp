#include "ekya/wire/plan_sockets.hpp"

#include <zmq.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

std::string as_string(const zmq::message_t& message) { return {static_cast<const char*>(message.data()), message.size()}; }

/// Whether a socket can be read before the time is over; a signal ends the waiting too.
bool readable(zmq::socket_t& socket, std::chrono::milliseconds limit) {
    zmq::pollitem_t item{socket, 0, ZMQ_POLLIN, 0};
    try {
        return zmq::poll(&item, 1, limit) > 0;
    } catch (const zmq::error_t& e) {
        if (e.num() != EINTR) throw SystemError(std::string("cannot wait for messages: ") + e.what());
        return false;
    }
}

}  // namespace

struct PlanServer::Sockets {
    zmq::context_t context{1};
    zmq::socket_t requests{context, zmq::socket_type::router};
};

PlanServer::PlanServer(const std::string& endpoint) : sockets_(std::make_unique<Sockets>()) {
    sockets_->requests.set(zmq::sockopt::linger, 500);
    try {
        sockets_->requests.bind(endpoint);
    } catch (const zmq::error_t& e) {
        throw ConfigError(endpoint + ": cannot bind: " + e.what());
    }
}

PlanServer::~PlanServer() = default;

std::optional<PlanServer::Request> PlanServer::next(std::chrono::milliseconds limit) {
    if (!readable(sockets_->requests, limit)) return std::nullopt;
    zmq::message_t peer, part;
    if (!sockets_->requests.recv(peer, zmq::recv_flags::dontwait)) return std::nullopt;
    std::string text;
    for (bool more = peer.more(); more; more = part.more()) {
        if (!sockets_->requests.recv(part, zmq::recv_flags::none)) break;
        text = as_string(part);   // REQ peers put an empty part in front
    }
    const std::string token = as_string(peer);
    try {
        return Request{decode<ReplanRequest>(parse_json(text, "request"), "request"), token};
    } catch (const Error& e) {
        reply(token, {false, e.what(), {}});
        return std::nullopt;
    }
}

void PlanServer::reply(const std::string& token, const ReplanReply& answer) {
    auto& socket = sockets_->requests;
    const auto flags = zmq::send_flags::dontwait;
    socket.send(zmq::buffer(token), flags | zmq::send_flags::sndmore);
    socket.send(zmq::buffer(std::string()), flags | zmq::send_flags::sndmore);
    socket.send(zmq::buffer(to_line(encode(answer))), flags);
}

Plan request_plan(const std::string& endpoint, const ReplanRequest& request, std::chrono::milliseconds limit) {
    zmq::context_t context{1};
    zmq::socket_t socket(context, zmq::socket_type::req);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndtimeo, static_cast<int>(limit.count()));
    try {
        socket.connect(endpoint);
    } catch (const zmq::error_t& e) {
        throw ConfigError(endpoint + ": cannot connect: " + e.what());
    }
    const auto end = std::chrono::steady_clock::now() + limit;
    bool waiting = socket.send(zmq::buffer(to_line(encode(request))), zmq::send_flags::none).has_value();
    for (zmq::message_t answer; waiting; waiting = std::chrono::steady_clock::now() < end) {
        (void)readable(socket, std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()));
        if (!socket.recv(answer, zmq::recv_flags::dontwait)) continue;
        auto reply = decode<ReplanReply>(parse_json(as_string(answer), endpoint), endpoint);
        if (!reply.ok) throw InputError(endpoint + ": " + reply.error);
        return std::move(*reply.plan);
    }
    throw SystemError(endpoint + ": no plan within " + std::to_string(limit.count()) + " ms; is ekya-schedule --serve running?");
}

}  // namespace ekya
