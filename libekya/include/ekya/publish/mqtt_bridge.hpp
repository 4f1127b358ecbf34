#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/publish/camera_board.hpp"
#include "ekya/publish/home_assistant.hpp"
#include "ekya/publish/live_feed.hpp"
#include "ekya/publish/rate_limit.hpp"

namespace ekya {

/// Which MQTT messages are made of what a store tells, and when:
///   PREFIX/CAMERA/answers  ekya.inference/1, at most `max_rate` a second of each camera
///   PREFIX/CAMERA/state    ekya.camera-state/1, retained, when it has changed, at most one a
///   second PREFIX/CAMERA/events   ekya.event/1, ekya.inference-event/1, ekya.accuracy/1
///   PREFIX/events          ekya.event/1 of the whole service
///   DISCOVERY/...          configurations for Home Assistant, retained
class MqttBridge {
public:
    struct Options {
        DiscoveryTopics topics;
        bool discovery = true;
        double max_rate = 2;  ///< answers a second of each camera; 0 = all
        std::string version;  ///< of this program
    };
    /// @return false if the message was dropped
    using Send = std::function<bool(const MqttMessage&)>;

    MqttBridge(Options options, CameraBoard& board, const Clock& clock, Send send);

    void take(LiveRecord record);
    /// Tells the states that have changed.
    void step();
    /// The broker may have forgotten everything: all that is retained is told again.
    void connected();

    /// Messages that the broker did not take, and answers that were more than `max_rate`.
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }
    [[nodiscard]] std::int64_t held_back() const { return held_back_; }

private:
    struct Camera {
        explicit Camera(double max_rate) : answers(max_rate) {}
        RateLimit answers, states{1};
        std::string told;                  // state
        std::set<std::string> configured;  // topics of discovery
        std::vector<std::string> classes;  // that they are about
        bool tell_again = true;
    };
    bool send(const MqttMessage& message);
    void tell_state(const std::string& stream, Camera& camera);
    void configure(const std::string& stream, Camera& camera, const CameraState& state);
    [[nodiscard]] Camera& camera(const std::string& stream);

    Options o_;
    CameraBoard& board_;
    const Clock& clock_;
    Send send_;
    std::map<std::string, Camera> cameras_;
    std::int64_t dropped_ = 0, held_back_ = 0;
};

/// @throws ConfigError naming the option, for a prefix that topics cannot have: wildcards, control
/// characters, "/" at an end, "$" first
void check_topic_prefix(const std::string& option, const std::string& prefix);

}  // namespace ekya
