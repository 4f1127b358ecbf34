#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ekya {

/// A message of MQTT.
struct MqttMessage {
    std::string topic, payload;
    bool retained = false;
};

/// Text as part of a topic or an id of Home Assistant: ASCII letters, digits and "-" stay, every
/// other byte becomes "_xx", so that different texts stay different.
[[nodiscard]] std::string topic_word(std::string_view text);

/// A text as a string in a Jinja template, with its quotes: nothing in it can end the string.
[[nodiscard]] std::string jinja_string(std::string_view utf8);

/// How Home Assistant is told of a camera (MQTT discovery).
struct DiscoveryTopics {
    std::string discovery = "homeassistant";  ///< Home Assistant's prefix
    std::string prefix = "ekya";              ///< of our topics
};

/// The retained configurations of a camera's sensors: objects of each class, agreement, accuracy,
/// model, answers per second, connectivity. They read PREFIX/CAMERA/state (ekya.camera-state/1).
/// @param version of this program, for the device
[[nodiscard]] std::vector<MqttMessage> discovery_messages(const DiscoveryTopics& topics,
                                                          const std::string& camera,
                                                          const std::vector<std::string>& classes,
                                                          const std::string& version);

}  // namespace ekya
