#include "ekya/metrics/metrics_text.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "ekya/wire/status_records.hpp"

namespace ekya {
namespace {

using prometheus::MetricType;
using Label = prometheus::ClientMetric::Label;

constexpr std::array ended_outcomes{RetrainingOutcome::served,  RetrainingOutcome::refused,
                                    RetrainingOutcome::late,    RetrainingOutcome::skipped,
                                    RetrainingOutcome::stopped, RetrainingOutcome::failed};
constexpr std::array camera_states{CameraStatus::State::unknown, CameraStatus::State::connecting,
                                   CameraStatus::State::live,    CameraStatus::State::away,
                                   CameraStatus::State::waiting, CameraStatus::State::stopped,
                                   CameraStatus::State::ended,   CameraStatus::State::failed};

/// Families in the order in which they were first added to.
class Families {
public:
    void gauge(const char* name, const char* help, double value, std::vector<Label> labels = {}) {
        metric(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
    }
    void counter(const char* name, const char* help, double value, std::vector<Label> labels = {}) {
        metric(name, help, MetricType::Counter, std::move(labels)).counter.value = value;
    }
    template <typename T>
    void gauge_if(const char* name, const char* help, const std::optional<T>& value,
                  const std::vector<Label>& labels) {
        if (value) gauge(name, help, static_cast<double>(*value), labels);
    }
    template <typename T>
    void counter_if(const char* name, const char* help, const std::optional<T>& value,
                    const std::vector<Label>& labels) {
        if (value) counter(name, help, static_cast<double>(*value), labels);
    }
    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        prometheus::TextSerializer().Serialize(out, families_);
        return out.str();
    }

private:
    prometheus::ClientMetric& metric(const char* name, const char* help, MetricType type,
                                     std::vector<Label> labels) {
        auto found = std::find_if(families_.begin(), families_.end(),
                                  [&](const auto& family) { return family.name == name; });
        if (found == families_.end())
            found = families_.insert(families_.end(), {name, help, type, {}});
        auto& added = found->metric.emplace_back();
        added.label = std::move(labels);
        return added;
    }
    std::vector<prometheus::MetricFamily> families_;
};

void add_store(Families& f, const StoreStatus& status) {
    f.gauge("ekya_up",
            "1 if a program runs the store and has been heard of within the last minute.",
            status.health == StoreStatus::Health::down ? 0 : 1);
    f.gauge("ekya_healthy", "1 if the store is run and all of its cameras are well.",
            status.health == StoreStatus::Health::healthy ? 1 : 0);
    f.gauge("ekya_recording", "0 if the disk has no room, so that nothing is recorded.",
            status.recording ? 1 : 0);
    f.gauge("ekya_store_free_bytes", "Free space of the store's file system.", status.disk_free);
    f.gauge("ekya_store_size_bytes", "Size of the store's file system.", status.disk_size);
    f.gauge("ekya_cameras", "Cameras that are served.", static_cast<double>(status.cameras.size()));
    if (status.window_seconds > 0)
        f.gauge("ekya_window_length_seconds", "Length of a retraining window on the clock.",
                status.window_seconds);
    f.gauge_if("ekya_window", "Number of the retraining window that runs.", status.window, {});
    f.gauge_if("ekya_window_remaining_seconds", "Time until the retraining window ends.",
               status.window_left, {});
    f.gauge("ekya_window_jobs", "Labelling, profiling and training jobs that run.",
            static_cast<double>(status.jobs.size()));
}

void add_score(Families& f, const ScoreStatus& score, const std::vector<Label>& camera) {
    if (score.kind == ScoreStatus::Kind::accuracy) {
        f.gauge("ekya_camera_accuracy_ratio",
                "Accuracy of the newest window, scored with annotations over all of its objects.",
                score.value, camera);
    } else {
        f.gauge("ekya_camera_agreement_ratio",
                "Agreement of the serving model with the golden model, which errs too, on the "
                "labelled sample of the newest window; no accuracy.",
                score.value, camera);
        f.gauge_if("ekya_camera_agreement_low_ratio",
                   "Lower end of the agreement's interval of 95 percent.", score.low, camera);
        f.gauge_if("ekya_camera_agreement_high_ratio",
                   "Upper end of the agreement's interval of 95 percent.", score.high, camera);
    }
    f.gauge("ekya_camera_score_samples",
            "Annotated objects, or labels of equal weight, that the newest accuracy or agreement "
            "is measured on.",
            static_cast<double>(score.n), camera);
    f.gauge("ekya_camera_score_window", "Window of the newest accuracy or agreement.", score.window,
            camera);
}

void add_frames(Families& f, const CameraStatus& c, const std::vector<Label>& camera) {
    f.counter_if("ekya_camera_frames_recorded_total", "Frames that came from the camera.",
                 c.recorded, camera);
    f.counter_if("ekya_camera_frames_seen_total", "Frames that reached inference.", c.seen, camera);
    f.counter_if("ekya_camera_frames_analysed_total", "Frames that inference analysed.", c.analysed,
                 camera);
    f.counter_if("ekya_camera_frames_skipped_total",
                 "Frames not analysed although it was their turn, as inference was behind.",
                 c.skipped, camera);
    f.counter_if("ekya_camera_frames_lost_total",
                 "Frames that never reached inference; counted when their window is over.", c.lost,
                 camera);
    f.counter_if("ekya_camera_damaged_packets_total", "Packets that could not be decoded.",
                 c.damaged, camera);
    f.counter_if("ekya_camera_connection_losses_total",
                 "Times at which contact to the camera was lost.", c.losses, camera);
    f.counter_if("ekya_camera_program_restarts_total",
                 "Times that the camera's ingestion or inference was started again.", c.restarts,
                 camera);
    f.gauge_if("ekya_camera_backlog_frames", "Frames that wait to be analysed or skipped.",
               c.backlog, camera);
    f.gauge_if("ekya_camera_latency_seconds",
               "Time from arrival to answer of the newest analysed frame.", c.latency, camera);
    f.gauge_if("ekya_camera_last_answer_timestamp_seconds", "Unix time of the newest answer.",
               c.last_answer, camera);
}

void add_shares(Families& f, const CameraStatus& c, const std::vector<Label>& camera) {
    if (c.share_granted && *c.share_granted > 0)
        f.gauge("ekya_camera_inference_share_granted_ratio",
                "Share of one device that the camera's inference holds.", *c.share_granted, camera);
    f.gauge_if("ekya_camera_inference_share_used_ratio",
               "Share of one device that the camera's inference used over the last seconds.",
               c.share_used, camera);
    f.counter_if("ekya_camera_inference_granted_device_seconds_total",
                 "Device-seconds granted to the camera's inference.", c.device_granted, camera);
    f.counter_if("ekya_camera_inference_used_device_seconds_total",
                 "Device-seconds that the camera's inference used.", c.device_used, camera);
}

void add_training(Families& f, const CameraStatus& c, const std::vector<Label>& camera) {
    const bool runs = c.training && c.training->running;
    f.gauge("ekya_camera_retraining_running", "1 while a retraining of the camera's model runs.",
            runs ? 1 : 0, camera);
    if (!runs) return;
    f.gauge("ekya_camera_retraining_share_ratio", "Share of one device that the retraining holds.",
            c.training->share, camera);
    f.gauge_if("ekya_camera_retraining_remaining_seconds",
               "Time until the planned end of the retraining.", c.training->ends_in, camera);
}

void add_camera(Families& f, const CameraStatus& c) {
    const std::vector<Label> camera{{"camera", c.stream}};
    f.gauge("ekya_camera_healthy", "1 if nothing is wrong with the camera.",
            c.problems.empty() ? 1 : 0, camera);
    for (const auto state : camera_states)
        f.gauge(
            "ekya_camera_state", "1 for the state that the camera is in, 0 for the others.",
            c.state == state ? 1 : 0,
            {camera.front(), {"state", wire::description_of<CameraStatus::State>().name(state)}});
    if (c.score) add_score(f, *c.score, camera);
    add_frames(f, c, camera);
    if (!c.model.empty())
        f.gauge("ekya_camera_model_info", "1, with the id of the model that serves the camera.", 1,
                {camera.front(), {"model", c.model}});
    f.gauge_if("ekya_camera_model_serving_timestamp_seconds",
               "Unix time at which the model that serves began to.", c.model_since, camera);
    add_shares(f, c, camera);
    add_training(f, c, camera);
    if (!c.labels) return;
    f.gauge("ekya_camera_labels", "Labels of the newest labelled window.",
            static_cast<double>(c.labels->labels), camera);
    f.gauge_if("ekya_camera_label_yield_ratio",
               "Share of the objects that the golden model was asked about with a usable label.",
               c.labels->yield, camera);
}

}  // namespace

std::string MetricsText::of(const StoreStatus* status, Seconds gathering) {
    Families families;
    const StoreStatus none;
    add_store(families, status ? *status : none);
    std::set<std::string> served;
    for (const auto& camera : status ? status->cameras : none.cameras) {
        served.insert(camera.stream);
        add_camera(families, camera);
        const auto& last = camera.last_training;
        auto [found, is_new] = trainings_.try_emplace(camera.stream);
        auto& trainings = found->second;
        // What had ended before the first look is not counted.
        if (last && last->window > trainings.newest && !std::exchange(is_new, false))
            ++trainings.ended[last->outcome];
        trainings.newest = last ? std::max(last->window, trainings.newest) : trainings.newest;
        for (const auto outcome : ended_outcomes)
            families.counter(
                "ekya_camera_retrainings_total",
                "Retrainings that have ended since ekya-metrics was started, by outcome.",
                trainings.ended[outcome],
                {{"camera", camera.stream},
                 {"outcome", wire::description_of<RetrainingOutcome>().name(outcome)}});
    }
    std::erase_if(trainings_, [&](const auto& entry) { return !served.contains(entry.first); });
    families.gauge("ekya_status_cpu_seconds", "CPU time that reading the store took this time.",
                   gathering);
    return families.text();
}

}  // namespace ekya
