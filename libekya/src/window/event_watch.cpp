#include "ekya/window/event_watch.hpp"

#include <cmath>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/state_file.hpp"
#include "ekya/wire/state_records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

std::string percent(double share) { return std::to_string(std::lround(100 * share)); }

}  // namespace

EventWatch::EventWatch(Store store, const Clock& clock, Tell tell)
    : store_(std::move(store)), files_(store_.root()), clock_(clock), tell_(std::move(tell)) {}

void EventWatch::tell(Event::Kind kind, const std::string& stream, const std::string& reason,
                      int window, const std::string& model) const {
    tell_({kind, utc_text(unix_time()), stream, window, model, reason});
}

void EventWatch::look_at(const std::vector<std::string>& cameras) {
    std::map<std::string, Camera> kept;
    for (const auto& id : cameras) {
        const auto known = cameras_.find(id);
        const bool is_new = known == cameras_.end();
        Camera& camera = kept[id];
        if (!is_new) camera = std::move(known->second);
        look_at_frames(id, camera);
        look_at_model(id, camera, is_new);
    }
    cameras_ = std::move(kept);
}

void EventWatch::look_at_frames(const std::string& id, Camera& camera) {
    const auto source = read_state<SourceState>(files_.source_state(id));
    if (!source) return;
    if (source->state == SourceState::State::live || source->state == SourceState::State::ended) {
        camera.away.reset();
        if (std::exchange(camera.lost, false)) tell(Event::Kind::camera_back, id);
        return;
    }
    if (!camera.away) camera.away = clock_.now();
    if (clock_.now() - *camera.away < lost_after) return;
    if (std::exchange(camera.lost, true)) return;
    const bool connecting = source->state == SourceState::State::connecting;
    tell(Event::Kind::camera_lost, id, connecting ? "its source is being opened" : source->reason);
}

void EventWatch::look_at_model(const std::string& id, Camera& camera, bool is_new) try {
    const auto model = store_.serving(id).value_or("");
    if (std::exchange(camera.model, model) == model || is_new || model.empty()) return;
    tell(Event::Kind::model_served, id, "", -1, model);
} catch (const Error&) {  // a record that cannot be read just now
}

void EventWatch::window_over(int window, const std::vector<std::string>& cameras) {
    for (const auto& id : cameras) {
        const auto known = cameras_.find(id);
        if (known == cameras_.end()) continue;
        look_for_drift(window, id, known->second);
        look_for_refusal(window, id);
    }
}

void EventWatch::look_for_drift(int window, const std::string& id, Camera& camera) try {
    const auto file = store_.profile_file(id, window);
    std::error_code code;
    if (!fs::exists(file, code)) return;
    const auto profile = read_record<ProfileRecord>(file);
    const bool drifted = profile.drift && profile.drift->drifted;
    if (std::exchange(camera.drifted, drifted) || !drifted) return;
    const double fall = profile.drift->accuracy_fall.value_or(0);
    tell(Event::Kind::drift, id,
         "the accuracy on the newest labels has fallen by " + percent(fall) +
             " points since the model was promoted",
         window, profile.model);
} catch (const Error&) {  // it is set aside by who needs it
}

void EventWatch::look_for_refusal(int window, const std::string& id) try {
    const auto file =
        store_.stream_directory(id) / "retrainings" / (window_number(window) + ".json");
    std::error_code code;
    if (!fs::exists(file, code)) return;
    const auto record = read_record<RetrainingRecord>(file);
    if (record.outcome == RetrainingOutcome::refused)
        tell(Event::Kind::model_refused, id, record.why, window, record.model);
} catch (const Error&) {}

void EventWatch::disk(bool low, const std::string& reason) {
    if (std::exchange(disk_low_, low) == low) return;
    tell(low ? Event::Kind::disk_low : Event::Kind::disk_ok, "", reason);
}

}  // namespace ekya
