#include "ekya/publish/home_assistant.hpp"

#include <cstdint>
#include <cstdio>

#include "ekya/wire/json.hpp"

namespace ekya {
namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

std::string in_hex(const char* format, std::uint32_t number) {
    char text[16];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

/// The code point at a place of UTF-8 that is whole; moves the place behind it.
std::uint32_t next_code_point(std::string_view utf8, std::size_t& at) {
    const auto byte = [&](std::size_t i) {
        return i < utf8.size() ? static_cast<std::uint8_t>(utf8[i]) : std::uint8_t{0};
    };
    const std::uint8_t first = byte(at);
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    std::uint32_t point = more == 0 ? first : first & (0x3FU >> more);
    for (int i = 1; i <= more; ++i)
        point = point << 6U | (byte(at + static_cast<std::size_t>(i)) & 0x3FU);
    at += static_cast<std::size_t>(more) + 1;
    return point;
}

struct Sensor {
    const char* component;  // of Home Assistant
    std::string id, name, value;
    Json more;
};

}  // namespace

std::string topic_word(std::string_view text) {
    std::string word;
    for (const char c : text)
        word += is_plain(c) ? std::string(1, c) : in_hex("_%02x", static_cast<std::uint8_t>(c));
    return word;
}

std::string jinja_string(std::string_view utf8) {
    std::string text = "'";
    for (std::size_t at = 0; at < utf8.size();) {
        const std::uint32_t point = next_code_point(utf8, at);
        const bool plain = point < 0x80 && (is_plain(static_cast<char>(point)) || point == ' ' ||
                                            point == '_' || point == '.');
        if (plain)
            text += static_cast<char>(point);
        else
            text += in_hex(point > 0xFFFF ? "\\U%08x" : "\\u%04x", point);
    }
    return text + "'";
}

std::vector<MqttMessage> discovery_messages(const DiscoveryTopics& topics,
                                            const std::string& camera,
                                            const std::vector<std::string>& classes,
                                            const std::string& version) {
    const std::string node = topic_word(topics.prefix) + "-" + topic_word(camera);
    const std::string state = topics.prefix + "/" + camera + "/state";
    const auto percent = [](const std::string& field) {
        return "{{ (100 * value_json." + field + ") | round(1) if value_json." + field +
               " is not none else none }}";
    };
    std::vector<Sensor> sensors{
        {"binary_sensor",
         "online",
         "Online",
         "{{ 'ON' if value_json.online else 'OFF' }}",
         {{"device_class", "connectivity"}, {"entity_category", "diagnostic"}}},
        {"sensor",
         "model",
         "Model",
         "{{ value_json.model | default('') }}",
         {{"icon", "mdi:brain"}, {"entity_category", "diagnostic"}}},
        {"sensor",
         "answers",
         "Answers per second",
         "{{ value_json.answers_per_second }}",
         {{"unit_of_measurement", "Hz"},
          {"state_class", "measurement"},
          {"entity_category", "diagnostic"}}},
        {"sensor",
         "agreement",
         "Agreement",
         percent("agreement"),
         {{"unit_of_measurement", "%"}, {"state_class", "measurement"}}},
        {"sensor",
         "accuracy",
         "Accuracy",
         percent("accuracy"),
         {{"unit_of_measurement", "%"}, {"state_class", "measurement"}}}};
    for (const auto& name : classes)
        sensors.push_back({"sensor",
                           "count-" + topic_word(name),
                           name,
                           "{{ value_json.counts[" + jinja_string(name) + "] | default(0) }}",
                           {{"unit_of_measurement", "objects"},
                            {"state_class", "measurement"},
                            {"icon", "mdi:counter"}}});
    const Json bridge{{"topic", topics.prefix + "/status"}};
    const Json online{{"topic", state},
                      {"value_template", "{{ 'online' if value_json.online else 'offline' }}"}};
    std::vector<MqttMessage> messages;
    for (const auto& sensor : sensors) {
        Json config = sensor.more;
        config["name"] = sensor.name;
        config["unique_id"] = node + "-" + sensor.id;
        config["state_topic"] = state;
        config["value_template"] = sensor.value;
        config["availability"] =
            sensor.id == "online" ? Json::array({bridge}) : Json::array({bridge, online});
        config["availability_mode"] = "all";
        config["device"] = {{"identifiers", Json::array({node})},
                            {"name", camera},
                            {"manufacturer", "ekya"},
                            {"model", "camera"},
                            {"sw_version", version}};
        messages.push_back(
            {topics.discovery + "/" + sensor.component + "/" + node + "/" + sensor.id + "/config",
             to_line(config), true});
    }
    return messages;
}

}  // namespace ekya
