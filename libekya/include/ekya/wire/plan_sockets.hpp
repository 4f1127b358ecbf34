#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/replan.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {

/// Where ekya-schedule --serve takes requests for plans: ROUTER, any number of peers.
class PlanServer {
public:
    /// @throws ConfigError if the endpoint cannot be bound, or other machines could reach it and
    /// `security` does not allow that
    explicit PlanServer(const std::string& endpoint, const SocketSecurity& security = {});
    ~PlanServer();
    PlanServer(const PlanServer&) = delete;
    PlanServer& operator=(const PlanServer&) = delete;

    struct Request {
        ReplanRequest request;
        std::string token;  ///< to answer with
    };
    /// The next request that comes within the time. Malformed ones are answered with an error and
    /// skipped.
    [[nodiscard]] std::optional<Request> next(std::chrono::milliseconds limit);
    /// Never waits; the answer to a peer that is gone is dropped.
    void reply(const std::string& token, const ReplanReply& reply);
    /// What is wrong with peers since the last call, for people: clients that were refused.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
};

/// Asks for a plan for the rest of a window.
/// @throws SystemError if nobody answers in time, InputError if the answer makes no sense or is a
/// refusal, ConfigError as PlanServer
[[nodiscard]] Plan request_plan(const std::string& endpoint, const ReplanRequest& request,
                                std::chrono::milliseconds limit,
                                const SocketSecurity& security = {});

}  // namespace ekya
