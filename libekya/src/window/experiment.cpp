#include "ekya/window/experiment.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

/// @throws ConfigError if the store holds an experiment with other settings
void claim(const fs::path& store, const std::map<std::string, std::string>& settings) {
    const fs::path file = store / ".settings";
    if (!fs::exists(file)) return write_atomically(file, to_line(Json(settings)) + "\n");
    const Json then = parse_json(read_file(file), file.string());
    for (const auto& [name, now] : settings) {
        const std::string was =
            then.is_object() && then.contains(name) ? then[name].get<std::string>() : "unknown";
        if (was != now)
            throw ConfigError(store.string() + " holds a run with other settings (" + name +
                              " was " + was + ", now " + now + "); choose another --store");
    }
}

}  // namespace

std::string ExperimentPolicy::directory() const {
    std::string name = text;
    std::replace(name.begin(), name.end(), ':', '-');
    return name;
}

Experiment::Experiment(ExperimentOptions options, Boxes& boxes, Clock& clock,
                       std::function<void()> check, Say say)
    : o_(std::move(options)),
      boxes_(boxes),
      clock_(clock),
      check_(std::move(check)),
      say_(std::move(say)) {
    claim(o_.store, o_.settings);
}

fs::path Experiment::directory(const ExperimentPolicy& policy) const {
    return o_.store / policy.directory();
}

void Experiment::bootstrap() {
    const Store store(o_.store / "bootstrap");
    failed_at_start_ = train_base_models(store, o_.base, boxes_.here(), boxes_.jobs(), check_);
    for (const auto& [stream, why] : failed_at_start_) say_("stream " + stream + ": " + why);
    failed_.insert(failed_at_start_.begin(), failed_at_start_.end());
    if (failed_at_start_.size() >= o_.streams.size()) throw Error("no stream could be started");
}

void Experiment::run(const ExperimentPolicy& policy) {
    const fs::path store = directory(policy);
    if (fs::exists(store / "results.json"))
        return say_("policy " + policy.text + ": done already in " + store.string());
    say_("policy " + policy.text + ": live");
    fs::remove_all(store);  // an interrupted run is no result
    RowOptions row = o_.row;
    row.store = store;
    row.window = policy.window;
    row.stages.inference_only = policy.inference_only;
    row.streams.clear();
    for (const auto& stream : o_.streams) {
        if (failed_at_start_.contains(stream)) continue;
        row.streams.push_back(stream);
        fs::create_directories(store / "streams");
        fs::copy(o_.store / "bootstrap" / "streams" / stream, store / "streams" / stream,
                 fs::copy_options::recursive);
    }
    const Seconds wall = row.seconds / row.stages.pace;
    WindowRow live(row, boxes_.here(), boxes_.jobs(), clock_, {check_, say_});
    auto failed = live.run();
    failed.insert(failed_at_start_.begin(), failed_at_start_.end());
    failed_.insert(failed.begin(), failed.end());
    Results results = common_results();
    results.policies = {collect_results(
        Store(store),
        {policy.text, o_.streams, failed, live.start(), row.first_window, wall, row.seconds})};
    write_atomically(store / "results.json", to_line(encode(results)) + "\n");
}

Results Experiment::common_results() const {
    Results results;
    results.window_seconds = o_.row.seconds;
    results.pace = o_.row.stages.pace;
    results.bootstrap = o_.row.first_window;
    results.fraction = o_.fraction;
    return results;
}

Results Experiment::results(const std::vector<ExperimentPolicy>& policies) const {
    Results results = common_results();
    for (const auto& policy : policies) {
        auto one = read_record<Results>(directory(policy) / "results.json");
        results.policies.insert(results.policies.end(), one.policies.begin(), one.policies.end());
    }
    write_atomically(o_.store / "results.json", to_line(encode(results)) + "\n");
    return results;
}

}  // namespace ekya
