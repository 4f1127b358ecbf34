#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/wire/socket_security.hpp"

namespace ekya {

/// Takes records that EventPublishers publish, of any number of endpoints: SUB. A publisher that is
/// not there, or is started again, is connected as soon as it is. Beyond `queue` waiting records of
/// one publisher the newest are dropped.
class RecordSubscriber {
public:
    explicit RecordSubscriber(int queue, const SocketSecurity& security = {});
    ~RecordSubscriber();
    RecordSubscriber(const RecordSubscriber&) = delete;
    RecordSubscriber& operator=(const RecordSubscriber&) = delete;

    /// @throws ConfigError naming the endpoint
    void connect(const std::string& endpoint);
    void disconnect(const std::string& endpoint);
    /// Until a record can be read, the time is over or a signal came.
    void wait(std::chrono::milliseconds limit);
    /// The next record that is there already, as text; nothing is known of it but its size.
    [[nodiscard]] std::optional<std::string> next();
    /// Messages that were no records by their form: several parts.
    [[nodiscard]] std::int64_t malformed() const;
    /// What is wrong with peers since the last call, for people.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
};

}  // namespace ekya
