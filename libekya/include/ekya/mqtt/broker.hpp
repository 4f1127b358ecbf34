#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/publish/home_assistant.hpp"

namespace ekya {

struct BrokerOptions {
    std::string uri;  ///< tcp://HOST:PORT or ssl://HOST:PORT
    std::string user, password;
    std::string ca_file, certificate_file, key_file;  ///< PEM; empty = the system's, none
    std::string status_topic;  ///< says "online", and "offline" when this program has gone
    int qos = 0;               ///< 0 or 1
};

/// @throws ConfigError for a URI that is no tcp:// or ssl://, or has a user or password in it, and
/// for a password that would reach another machine unencrypted
void check_broker(const BrokerOptions& options, bool insecure);

/// The connection to an MQTT broker. A broker that is away is tried again with pauses of 1 to 30 s.
/// What it does not take at once waits, up to `most_waiting` messages; further ones are dropped.
class Broker {
public:
    using Say = std::function<void(const std::string&)>;
    Broker(BrokerOptions options, const Clock& clock, Say say);
    /// The status becomes "offline".
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// Looks after the connection; never waits.
    /// @return whether it has been made anew since the last call
    bool step();
    /// @return false if the message is dropped
    bool send(const MqttMessage& message);

    static constexpr std::size_t most_waiting = 500;

private:
    struct Client;
    void connect();
    void failed(const std::string& why);

    BrokerOptions o_;
    const Clock& clock_;
    Say say_;
    std::unique_ptr<Client> client_;
    bool connected_ = false, told_ = false;
    Seconds next_try_ = 0, pause_ = 1;
};

}  // namespace ekya
