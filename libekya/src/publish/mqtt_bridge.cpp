#include "ekya/publish/mqtt_bridge.hpp"

#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/event_records.hpp"

namespace ekya {

MqttBridge::MqttBridge(Options options, CameraBoard& board, const Clock& clock, Send send)
    : o_(std::move(options)), board_(board), clock_(clock), send_(std::move(send)) {}

MqttBridge::Camera& MqttBridge::camera(const std::string& stream) {
    return cameras_.try_emplace(stream, o_.max_rate).first->second;
}

bool MqttBridge::send(const MqttMessage& message) {
    if (send_(message)) return true;
    ++dropped_;
    return false;
}

void MqttBridge::take(LiveRecord record) {
    const std::string& base = o_.topics.prefix;
    if (record.kind != LiveRecord::Kind::answer) {
        const auto place = record.stream.empty() ? base : base + "/" + record.stream;
        send({place + "/events", record.line, false});
        return;
    }
    board_.answered(record.stream, std::move(record.json));
    if (!camera(record.stream).answers.pass(clock_.now())) {
        ++held_back_;
        return;
    }
    send({base + "/" + record.stream + "/answers", record.line, false});
}

void MqttBridge::step() {
    for (const auto& stream : board_.streams()) {
        Camera& camera = this->camera(stream);
        if (!camera.states.pass(clock_.now())) continue;
        try {
            tell_state(stream, camera);
        } catch (const InputError&) {  // an answer that makes no sense is none
        }
    }
}

void MqttBridge::tell_state(const std::string& stream, Camera& camera) {
    const auto state = board_.state(stream);
    const bool again = std::exchange(camera.tell_again, false);
    if (o_.discovery) {
        std::vector<std::string> classes;
        for (const auto& entry : state.counts) classes.push_back(entry.first);
        if (again || classes != camera.classes) configure(stream, camera, state);
    }
    auto line = to_line(encode(state));
    if (line == camera.told && !again) return;
    if (!send({o_.topics.prefix + "/" + stream + "/state", line, true})) return;
    camera.told = std::move(line);
}

/// Classes that are gone lose their sensors.
void MqttBridge::configure(const std::string& stream, Camera& camera, const CameraState& state) {
    camera.classes.clear();
    for (const auto& entry : state.counts) camera.classes.push_back(entry.first);
    auto gone = std::exchange(camera.configured, {});
    for (const auto& message : discovery_messages(o_.topics, stream, camera.classes, o_.version)) {
        gone.erase(message.topic);
        camera.configured.insert(message.topic);
        if (!send(message)) camera.tell_again = true;
    }
    for (const auto& topic : gone) send({topic, "", true});
}

void MqttBridge::connected() {
    for (auto& entry : cameras_) entry.second.tell_again = true;
}

void check_topic_prefix(const std::string& option, const std::string& prefix) {
    const bool good = !prefix.empty() && prefix.size() <= limits::name_bytes &&
                      is_plain_text(prefix) && prefix.find_first_of("+#") == std::string::npos &&
                      prefix.front() != '/' && prefix.front() != '$' && prefix.back() != '/';
    if (!good)
        throw ConfigError(option + ": \"" + printable(prefix, limits::quoted_bytes) +
                          "\" cannot begin topics");
}

}  // namespace ekya
