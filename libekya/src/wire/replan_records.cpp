// The JSON form of asking for a new plan while a window runs, and of the answer.
#include "ekya/wire/records.hpp"

namespace ekya {

// In the namespace of the type, where the library looks for it.
using RetrainingKind = RetrainingState::Kind;
NLOHMANN_JSON_SERIALIZE_ENUM(RetrainingKind, {{RetrainingKind::waiting, "waiting"},
                                              {RetrainingKind::running, "running"},
                                              {RetrainingKind::done, "done"},
                                              {RetrainingKind::over, "over"}})

void Schema<ReplanRequest>::write(Json& json, const ReplanRequest& r) {
    json = {{"elapsed", r.elapsed}, {"retrainings", Json::array()}};
    for (const auto& state : r.retrainings) {
        Json entry = {{"stream", state.stream}, {"state", state.kind}};
        if (!state.config.empty()) entry["config"] = state.config;
        if (state.kind == RetrainingKind::running) entry["left"] = state.left;
        if (state.accuracy) entry["accuracy"] = *state.accuracy;
        json["retrainings"].push_back(std::move(entry));
    }
    for (const auto& cost : r.inference)
        json["inference"].push_back({{"stream", cost.stream}, {"cost_factor", cost.factor}});
}

void Schema<ReplanRequest>::read(const Json& json, ReplanRequest& r) {
    r.elapsed = json.at("elapsed");
    for (const auto& entry : json.at("retrainings")) {
        RetrainingState state{entry.at("stream"), entry.at("state"), entry.value("config", ""),
                              entry.value("left", 0.0)};
        if (entry.contains("accuracy")) state.accuracy = entry.at("accuracy").get<double>();
        r.retrainings.push_back(std::move(state));
    }
    for (const auto& entry : json.value("inference", Json::array()))
        r.inference.push_back({entry.at("stream"), entry.at("cost_factor")});
}

void Schema<ReplanReply>::write(Json& json, const ReplanReply& r) {
    json = {{"ok", r.ok}, {"error", r.error}};
    if (r.plan) json["plan"] = encode(*r.plan);
}

void Schema<ReplanReply>::read(const Json& json, ReplanReply& r) {
    r.ok = json.at("ok");
    r.error = json.at("error");
    if (json.contains("plan")) r.plan = decode<Plan>(json.at("plan"), "/plan");
    if (r.ok && !r.plan) throw InputError("/plan: is missing");
}

}  // namespace ekya
