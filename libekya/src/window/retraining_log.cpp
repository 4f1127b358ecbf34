#include "ekya/window/retraining_log.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {

using What = RetrainingMoment::What;

const RetrainingRecord* RetrainingLog::find(const std::string& stream) const {
    const auto found = std::find_if(records_.begin(), records_.end(),
                                    [&](const auto& record) { return record.stream == stream; });
    return found == records_.end() ? nullptr : &*found;
}

RetrainingRecord& RetrainingLog::of(const std::string& stream) {
    const auto* found = find(stream);
    if (!found) throw DomainError("stream " + stream + ": no retraining of it was planned");
    return records_[static_cast<std::size_t>(found - records_.data())];
}

void RetrainingLog::planned(const Plan& plan, Seconds planned_at) {
    for (const auto& stream : plan.streams) {
        const auto& retraining = stream.retraining;
        if (!retraining || (retraining->share <= 0 && !retraining->elsewhere)) continue;
        const auto* known = find(stream.stream);
        const bool waits = known && known->moments.back().what == What::planned;
        if (known && (!waits || known->config == retraining->id())) continue;
        if (!known) {
            records_.emplace_back();
            records_.back().stream = stream.stream;
            records_.back().window = window_;
        }
        RetrainingRecord& record = of(stream.stream);
        record.config = retraining->id();
        record.expected_accuracy = retraining->expected_accuracy;
        record.expected_end = planned_at + retraining->expected_seconds;
        record.moments.push_back(
            {What::planned, planned_at + retraining->start_seconds, retraining->share});
        changed(record);
    }
}

void RetrainingLog::add(const std::string& stream, What what, Seconds time, double share) {
    RetrainingRecord& record = of(stream);
    if (what == What::share) {
        const bool paused = record.moments.back().share <= 0;
        what = share <= 0 ? What::paused : paused ? What::resumed : What::share;
    }
    record.moments.push_back({what, time, share});
    changed(record);
}

void RetrainingLog::trained(const std::string& stream, Seconds time, const std::string& model,
                            double granted, double used) {
    RetrainingRecord& record = of(stream);
    record.model = model;
    record.granted = granted;
    record.used = used;
    if (model.empty()) return;
    record.moments.push_back({What::trained, time, 0});
    changed(record);
}

void RetrainingLog::ended(const std::string& stream, Seconds time, RetrainingOutcome outcome,
                          const std::string& why) {
    RetrainingRecord& record = of(stream);
    record.outcome = outcome;
    record.why = why;
    record.moments.push_back({What::ended, time, 0});
    changed(record);
}

}  // namespace ekya
