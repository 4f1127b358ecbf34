#include "ekya/wire/plan_sockets.hpp"

#include <zmq.hpp>

#include "ask.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "messages.hpp"
#include "peers.hpp"

namespace ekya {
struct PlanServer::Sockets {
    explicit Sockets(const SocketSecurity& security) : peers(context, security) {}
    zmq::context_t context{1};
    Peers peers;
    zmq::socket_t requests{context, zmq::socket_type::router};
};

PlanServer::PlanServer(const std::string& endpoint, const SocketSecurity& security)
    : sockets_(std::make_unique<Sockets>(security)) {
    sockets_->requests.set(zmq::sockopt::linger, 500);
    sockets_->requests.set(zmq::sockopt::maxmsgsize, std::int64_t{16 * 1024 * 1024});
    sockets_->peers.bind(sockets_->requests, endpoint);
}

PlanServer::~PlanServer() = default;

std::optional<PlanServer::Request> PlanServer::next(std::chrono::milliseconds limit) {
    zmq::pollitem_t item{sockets_->requests, 0, ZMQ_POLLIN, 0};
    wait_for({&item, 1}, limit);
    const auto parts =
        receive_parts(sockets_->requests);  // the peer's token, an empty part, the request
    if (parts.empty()) return std::nullopt;
    const std::string& token = parts.front();
    const std::string text = parts.size() > 1 ? parts.back() : "";
    try {
        return Request{decode<ReplanRequest>(parse_json(text, "request"), "request"), token};
    } catch (const Error& e) {
        reply(token, {false, e.what(), {}});
        return std::nullopt;
    }
}

void PlanServer::reply(const std::string& token, const ReplanReply& answer) {
    send_parts(sockets_->requests, {token, "", to_line(encode(answer))});
}

std::vector<std::string> PlanServer::troubles() { return sockets_->peers.troubles(); }

Plan request_plan(const std::string& endpoint, const ReplanRequest& request,
                  std::chrono::milliseconds limit, const SocketSecurity& security) {
    if (const auto answer = ask(endpoint, to_line(encode(request)), limit, security)) {
        auto reply = decode<ReplanReply>(parse_json(*answer, endpoint), endpoint);
        if (!reply.ok) throw InputError(endpoint + ": " + reply.error);
        return std::move(*reply.plan);
    }
    throw SystemError(endpoint + ": no plan within " + std::to_string(limit.count()) +
                      " ms; is ekya-schedule --serve running?");
}

}  // namespace ekya
