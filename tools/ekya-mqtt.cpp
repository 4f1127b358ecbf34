// ekya-mqtt: hand the answers, states and events of a store's cameras to an MQTT broker.
//   in: sockets and files of a store      out: messages of MQTT      stderr: messages
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/mqtt/broker.hpp"
#include "ekya/publish/mqtt_bridge.hpp"

namespace {

constexpr int most_at_once = 10'000;  // records, between two looks at the broker

struct Options {
    ekya::cli::StoreOptions store;
    std::vector<std::string> streams;
    ekya::BrokerOptions broker;
    ekya::MqttBridge::Options bridge;
    std::string password_file;
    bool no_discovery = false, insecure = false;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.store);
    app.add_option("--stream", o.streams, "id of a stream, repeatable (default: all of the store)")
        ->check(ekya::cli::refuse_bad_name)
        ->group("Messages");
    app.add_option("--prefix", o.bridge.topics.prefix, "what all topics begin with")
        ->capture_default_str()
        ->group("Messages");
    app.add_option("--max-rate", o.bridge.max_rate,
                   "answers a second of each camera that are handed on, 0 = all")
        ->check(CLI::Range(0.0, 1000.0))
        ->capture_default_str()
        ->group("Messages");
    app.add_option("--qos", o.broker.qos,
                   "0 = answers and events are sent once, 1 = until the broker has them; states "
                   "always 1")
        ->check(CLI::Range(0, 1))
        ->capture_default_str()
        ->group("Messages");
    app.add_option("--discovery-prefix", o.bridge.topics.discovery,
                   "what Home Assistant's topics of discovery begin with")
        ->capture_default_str()
        ->group("Messages");
    app.add_flag("--no-discovery", o.no_discovery, "tell Home Assistant nothing")
        ->group("Messages");
    const std::string group = "Broker";
    app.add_option("--broker", o.broker.uri, "tcp://HOST:1883, or ssl://HOST:8883 (TLS)")
        ->required()
        ->group(group);
    app.add_option("--user", o.broker.user, "name at the broker (default: EKYA_MQTT_USER)")
        ->group(group);
    app.add_option("--password-file", o.password_file,
                   "file whose first line is the password (default: EKYA_MQTT_PASSWORD)")
        ->group(group);
    app.add_option("--ca", o.broker.ca_file,
                   "certificates that the broker's is checked with, PEM (default: the system's)")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--cert", o.broker.certificate_file, "certificate of this client, PEM")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--key", o.broker.key_file, "its key, PEM")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_flag("--insecure", o.insecure,
                 "send the password to another machine without encryption")
        ->group(group);
    ekya::cli::describe(
        app,
        {"the sockets and files of a store that ekya-serve or ekya-loop serves",
         "over MQTT: ekya.inference/1, ekya.camera-state/1, ekya.event/1, "
         "ekya.inference-event/1, ekya.accuracy/1; configurations for Home Assistant",
         "ekya-mqtt --store cameras --broker tcp://127.0.0.1:1883", "Ekya, NSDI 2022, section 3"});
}

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// A password never stands on the command line, where every user of the machine reads it.
void complete(Options& o) {
    if (o.broker.user.empty()) o.broker.user = from_environment("EKYA_MQTT_USER");
    if (o.password_file.empty()) {
        o.broker.password = from_environment("EKYA_MQTT_PASSWORD");
    } else {
        const auto text = ekya::read_file(o.password_file, ekya::limits::text_bytes);
        o.broker.password = text.substr(0, text.find_first_of("\r\n"));
    }
    ekya::check_broker(o.broker, o.insecure);
    ekya::check_topic_prefix("--prefix", o.bridge.topics.prefix);
    ekya::check_topic_prefix("--discovery-prefix", o.bridge.topics.discovery);
    o.broker.status_topic = o.bridge.topics.prefix + "/status";
    o.bridge.discovery = !o.no_discovery;
    o.bridge.version = EKYA_VERSION;
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    complete(o);
    if (!std::filesystem::is_directory(o.store.store))
        throw ekya::InputError(o.store.store + ": there is no such store");
    const ekya::SystemClock clock;
    ekya::LiveFeed feed({o.store.store, o.streams, {}, true, true, {}}, clock);
    ekya::CameraBoard board(ekya::Store(o.store.store), clock);
    ekya::Broker broker(o.broker, clock, [&](const std::string& text) { context.info(text); });
    ekya::MqttBridge bridge(o.bridge, board, clock,
                            [&](const ekya::MqttMessage& message) { return broker.send(message); });
    ekya::RateLimit looks(1);  // for cameras that come
    while (!ekya::cli::Context::interrupted()) {
        if (broker.step()) bridge.connected();
        for (int i = 0; i < most_at_once; ++i) {
            auto record = feed.next();
            if (!record) break;
            bridge.take(std::move(*record));
        }
        if (looks.pass(clock.now()))
            for (const auto& stream : feed.streams()) board.add(stream);
        bridge.step();
        // Waking up for each record would cost more than all that is done with it.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        feed.wait(std::chrono::milliseconds(0));
        for (const auto& trouble : feed.troubles()) context.warn(trouble);
    }
    if (bridge.dropped() > 0)
        context.warn(std::to_string(bridge.dropped()) +
                     " messages were dropped: the broker was away, or slow");
    ekya::cli::Context::check_interrupted();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-mqtt", "Hand the answers, states and events of a store's cameras to an MQTT broker.",
        argc, argv, add_options, run);
}
