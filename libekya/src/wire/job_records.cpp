// The JSON form of the records of jobs with a share of a device.
#include "ekya/wire/records.hpp"

namespace ekya {

// In the namespace of the type, where the library looks for it.
using State = JobOrder::State;
NLOHMANN_JSON_SERIALIZE_ENUM(State, {{State::run, "run"},
                                     {State::pause, "pause"},
                                     {State::finish, "finish"},
                                     {State::stop, "stop"}})

void Schema<JobOrder>::write(Json& json, const JobOrder& o) {
    json = {{"share", o.share}, {"state", o.state}};
}

void Schema<JobOrder>::read(const Json& json, JobOrder& o) {
    o.share = json.at("share");
    o.state = json.value("state", JobOrder::State::run);
}

void Schema<JobUse>::write(Json& json, const JobUse& u) {
    json = {{"time", u.time},     {"seconds", u.seconds}, {"share", u.share},
            {"paused", u.paused}, {"used", u.used},       {"throttled", u.throttled}};
}

void Schema<JobUse>::read(const Json& json, JobUse& u) {
    u.time = json.at("time");
    u.seconds = json.at("seconds");
    u.share = json.at("share");
    u.paused = json.at("paused");
    u.used = json.at("used");
    u.throttled = json.at("throttled");
}

void Schema<JobRecord>::write(Json& json, const JobRecord& r) {
    json = {{"id", r.id},           {"executor", r.executor}, {"host", r.host},
            {"pid", r.pid},         {"command", r.command},   {"state", r.state},
            {"share", r.share},     {"cores", r.cores},       {"started", r.started},
            {"granted", r.granted}, {"used", r.used},         {"changes", r.changes}};
    if (r.exit_code) json["exit_code"] = *r.exit_code;
}

void Schema<JobRecord>::read(const Json& json, JobRecord& r) {
    r.id = json.at("id");
    r.executor = json.at("executor");
    r.host = json.at("host");
    r.pid = json.at("pid");
    r.command = json.at("command").get<std::vector<std::string>>();
    r.state = json.at("state");
    r.share = json.at("share");
    r.cores = json.at("cores");
    r.started = json.at("started");
    r.granted = json.at("granted");
    r.used = json.at("used");
    r.changes = json.at("changes");
    if (json.contains("exit_code")) r.exit_code = json.at("exit_code").get<int>();
}

}  // namespace ekya
