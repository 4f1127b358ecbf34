#include "ekya/publish/camera_board.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr Seconds look_every = 2;  // into the store
constexpr int windows_back = 3;    // labels and results come some windows late

}  // namespace

CameraBoard::CameraBoard(Store store, const Clock& clock)
    : store_(std::move(store)), clock_(clock) {}

void CameraBoard::add(const std::string& stream) {
    if (cameras_.size() < most_streams) cameras_.try_emplace(stream);
}

std::vector<std::string> CameraBoard::streams() const {
    std::vector<std::string> ids;
    for (const auto& entry : cameras_) ids.push_back(entry.first);
    return ids;
}

/// Moves on to the present second, and counts there.
void CameraBoard::count(Camera& camera, int answers) {
    const long second = static_cast<long>(clock_.now());
    const long passed = std::min<long>(second - camera.counted_second, rate_seconds);
    for (long i = 1; i <= passed; ++i)
        camera.counts[static_cast<std::size_t>((second - passed + i) % rate_seconds)] = 0;
    camera.counted_second = second;
    camera.counts[static_cast<std::size_t>(second % rate_seconds)] += answers;
}

void CameraBoard::answered(const std::string& stream, Json answer) {
    add(stream);
    const auto found = cameras_.find(stream);
    if (found == cameras_.end()) return;
    Camera& camera = found->second;
    camera.answered_at = clock_.now();
    count(camera, 1);
    const auto analysed = answer.find("analysed");
    camera.newest_is_skipped = analysed == answer.end() || *analysed != true;
    (camera.newest_is_skipped ? camera.skipped : camera.analysed) = std::move(answer);
}

void CameraBoard::take_classes(const std::string& stream, Camera& camera,
                               const std::string& model) try {
    if (std::exchange(camera.model, model) == model) return;
    camera.classes =
        read_record<ModelCard>(store_.model_directory(stream, model) / "card.json").classes;
} catch (const Error&) {  // those that are seen are told
    camera.classes.clear();
}

/// Results of windows are written when they are over, labels some time later.
void CameraBoard::look_into_store(const std::string& stream, Camera& camera, int window) try {
    if (clock_.now() < camera.next_look) return;
    camera.next_look = clock_.now() + look_every;
    for (int w = window; w > std::max(camera.scored_window, window - windows_back) && w >= 0; --w)
        if (const auto result = store_.accuracy(stream, w)) {
            camera.scored_window = w;
            camera.accuracy = result->accuracy;
        }
    for (int w = window; w > std::max(camera.labelled_window, window - windows_back) && w >= 0; --w)
        if (store_.has_labels(stream, w)) {
            camera.labelled_window = w;
            const auto labels = store_.labels(stream, w);
            if (!labels.agreement || labels.teacher == "annotations") continue;
            camera.agreement = labels.agreement->share;
            camera.labels = labels.agreement->labels;
        }
} catch (const Error&) {  // a record that cannot be read just now
}

CameraState CameraBoard::state(const std::string& stream) {
    Camera& camera = cameras_[stream];
    CameraState state;
    state.stream = stream;
    state.online = camera.answered_at && clock_.now() - *camera.answered_at < offline_after;
    const auto& newest = camera.newest_is_skipped ? camera.skipped : camera.analysed;
    if (newest) {
        const auto answer = decode<FrameAnswer>(*newest, "answer of " + stream);
        state.utc = answer.utc;
        state.window = answer.window;
        state.frame = answer.frame;
        look_into_store(stream, camera, answer.window);
    }
    if (camera.analysed) {
        const auto answer = decode<FrameAnswer>(*camera.analysed, "answer of " + stream);
        state.model = answer.model;
        take_classes(stream, camera, answer.model);
        for (const auto& name : camera.classes)
            if (state.counts.size() < most_classes) state.counts[name] = 0;
        for (const auto& object : answer.objects)
            if (state.counts.size() < most_classes || state.counts.contains(object.class_name))
                ++state.counts[object.class_name];
    }
    count(camera, 0);
    // The present second is not over.
    const auto present = static_cast<std::size_t>(camera.counted_second % rate_seconds);
    const int all = std::accumulate(camera.counts.begin(), camera.counts.end(), 0);
    state.answers_per_second =
        static_cast<double>(all - camera.counts[present]) / (rate_seconds - 1);
    state.accuracy = camera.accuracy;
    state.agreement = camera.agreement;
    state.agreement_labels = camera.labels;
    return state;
}

}  // namespace ekya
