#include "ekya/mqtt/broker.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {
namespace {

constexpr Seconds longest_pause = 30;
constexpr auto farewell = std::chrono::seconds(2);

std::string client_id() {
    std::random_device random;
    char text[32];
    std::snprintf(text, sizeof text, "ekya-%08x%08x", random(), random());
    return text;
}

}  // namespace

void check_broker(const BrokerOptions& o, bool insecure) {
    const auto shown = printable(without_secrets(o.uri), limits::quoted_bytes);
    const bool tls = o.uri.starts_with("ssl://"), plain = o.uri.starts_with("tcp://");
    if ((!tls && !plain) || !is_plain_text(o.uri))
        throw ConfigError("--broker: \"" + shown + "\" is no tcp://HOST:PORT or ssl://HOST:PORT");
    if (o.uri.find('@') != std::string::npos)
        throw ConfigError("--broker: \"" + shown +
                          "\" has a user in it; use --user, and --password-file or "
                          "EKYA_MQTT_PASSWORD");
    if (!tls && (!o.ca_file.empty() || !o.certificate_file.empty() || !o.key_file.empty()))
        throw ConfigError("--broker: " + shown + ": certificates need ssl://");
    if (o.user.empty() && !o.password.empty())
        throw ConfigError("--user: is needed with a password");
    if (plain && !o.password.empty() && !is_local_endpoint(o.uri) && !insecure)
        throw ConfigError("--broker: " + shown +
                          ": the password would be sent unencrypted; use ssl://, or --insecure");
}

struct Broker::Client {
    explicit Client(const std::string& uri)
        : mqtt(uri, client_id(), mqtt::create_options(MQTTVERSION_3_1_1)) {}
    mqtt::async_client mqtt;
    mqtt::connect_options options;
    mqtt::token_ptr connecting;
};

Broker::Broker(BrokerOptions options, const Clock& clock, Say say)
    : o_(std::move(options)), clock_(clock), say_(std::move(say)) {
    client_ = std::make_unique<Client>(o_.uri);
    auto& c = client_->options;
    c.set_clean_session(true);
    c.set_keep_alive_interval(15);
    c.set_connect_timeout(10);
    c.set_max_inflight(static_cast<int>(most_waiting));
    if (!o_.user.empty()) c.set_user_name(o_.user);
    if (!o_.password.empty()) c.set_password(o_.password);
    c.set_will_message(mqtt::message(o_.status_topic, "offline", 1, true));
    if (o_.uri.starts_with("ssl://")) {
        mqtt::ssl_options ssl;
        if (!o_.ca_file.empty()) ssl.set_trust_store(o_.ca_file);
        if (!o_.certificate_file.empty()) ssl.set_key_store(o_.certificate_file);
        if (!o_.key_file.empty()) ssl.set_private_key(o_.key_file);
        ssl.set_enable_server_cert_auth(true);
        ssl.set_verify(true);
        ssl.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
        c.set_ssl(ssl);
    }
}

Broker::~Broker() try {
    auto& mqtt = client_->mqtt;
    if (!mqtt.is_connected()) return;
    mqtt.publish(o_.status_topic, "offline", 7, 1, true)->wait_for(farewell);
    mqtt.disconnect()->wait_for(farewell);
} catch (const std::exception&) {  // then the broker tells it itself
}

void Broker::failed(const std::string& why) {
    if (!std::exchange(told_, true))
        say_(o_.uri + ": " + printable(why, limits::quoted_bytes) +
             "; tried again, messages are dropped until then");
    next_try_ = clock_.now() + pause_;
    pause_ = std::min(2 * pause_, longest_pause);
}

void Broker::connect() try {
    client_->connecting = client_->mqtt.connect(client_->options);
} catch (const mqtt::exception& e) {
    client_->connecting.reset();
    failed(e.what());
}

bool Broker::step() {
    if (client_->connecting) {
        if (!client_->connecting->is_complete()) return false;
        const auto token = std::exchange(client_->connecting, nullptr);
        try {
            token->wait();  // throws why it failed
        } catch (const mqtt::exception& e) {
            failed(e.what());
            return false;
        }
        connected_ = true;
        pause_ = 1;
        say_(o_.uri + ": connected");
        told_ = false;
        (void)send({o_.status_topic, "online", true});
        return true;
    }
    if (connected_ && !client_->mqtt.is_connected()) {
        connected_ = false;
        failed("the connection is lost");
    }
    if (!connected_ && clock_.now() >= next_try_) connect();
    return false;
}

bool Broker::send(const MqttMessage& message) try {
    auto& mqtt = client_->mqtt;
    if (!connected_ || mqtt.get_pending_delivery_tokens().size() >= most_waiting) return false;
    // What is retained has to arrive.
    const int qos = message.retained ? 1 : o_.qos;
    mqtt.publish(message.topic, message.payload.data(), message.payload.size(), qos,
                 message.retained);
    return true;
} catch (const mqtt::exception&) {
    return false;
}

}  // namespace ekya
