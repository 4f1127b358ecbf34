#include "ekya/window/experiment.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

/// In a policy's store: when its run was started, and went on.
constexpr const char* starts_file = ".starts";

/// @throws ConfigError if the store holds an experiment with other settings
void claim(const fs::path& store, const std::map<std::string, std::string>& settings) {
    const fs::path file = store / ".settings";
    if (!fs::exists(file)) return write_atomically(file, to_line(Json(settings)) + "\n");
    const Json then = parse_json(read_file(file), file.string());
    for (const auto& [name, now] : settings) {
        const Json found = then.is_object() ? then.value(name, Json()) : Json();
        const std::string was = found.is_string() ? found.get<std::string>() : "unknown";
        if (was != now)
            throw ConfigError(store.string() + " holds a run with other settings (" + name +
                              " was " + was + ", now " + now + "); choose another --store");
    }
}

void write_starts(const fs::path& store, const std::map<int, double>& starts) {
    Json json = Json::object();
    for (const auto& [window, time] : starts) json[std::to_string(window)] = time;
    write_atomically(store / starts_file, to_line(json) + "\n");
}

/// Deletes the records of this window and later ones.
void remove_from(const fs::path& directory, int window) {
    std::error_code code;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory, code)) files.push_back(entry.path());
    for (const auto& file : files)
        if (file.stem().string() >= window_number(window)) fs::remove(file);
}

/// The model that served the stream when a window began.
std::string serving_at(const Store& store, const std::string& stream, int window) {
    std::string model = "base";
    for (const auto& record : store.retrainings(stream))
        if (record.window < window && record.outcome == RetrainingOutcome::served)
            model = record.model;
    return model;
}

/// Answers of this window and later ones go.
void cut_answers(const fs::path& file, int window) {
    std::ifstream in(file);
    if (!in) return;
    std::string kept, line;
    while (std::getline(in, line)) try {
            if (decode<FrameAnswer>(parse_json(line, "answer"), "answer").window < window)
                kept += line + "\n";
        } catch (const InputError&) {
            continue;  // cut off in the middle
        }
    write_atomically(file, kept);
}

/// Takes a policy's store back to when a window began: what was begun of it is done again, as if it
/// never had been.
void rewind(const fs::path& root, int window, int first_window) {
    const Store store(root);
    for (const auto& stream : store.streams()) {
        const fs::path directory = root / "streams" / stream;
        store.set_serving(stream, serving_at(store, stream, window));
        for (const auto& card : store.model_cards(stream))
            if (card.window >= window) fs::remove_all(store.model_directory(stream, card.id));
        for (const int w : store.windows(stream))
            if (w >= window) fs::remove_all(store.window_directory(stream, w));
        if (window > first_window) fs::remove(store.labels_file(stream, window - 1));
        for (const char* kind : {"results", "retrainings", "profiles"})
            remove_from(directory / kind, window);
        cut_answers(root / "run" / (stream + ".answers.jsonl"), window);
    }
    remove_from(root / "plans", window);
}

}  // namespace

std::map<int, double> read_starts(const fs::path& store) {
    std::map<int, double> starts;
    const fs::path file = store / starts_file;
    const Json json = parse_json(read_file(file), file.string());
    for (const auto& [key, time] : json.items()) {
        int window = 0;
        const char* const last = key.data() + key.size();
        const auto [end, error] = std::from_chars(key.data(), last, window);
        if (!json.is_object() || error != std::errc{} || end != last || !time.is_number())
            throw InputError(file.string() + ": is no list of windows and times");
        starts[window] = time.get<double>();
    }
    return starts;
}

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
    RowOptions row = o_.row;
    if (o_.restart) fs::remove_all(store);
    if (fs::exists(store / starts_file)) {
        const auto window = window_to_go_on_with(Store(store));
        if (!window) return collect(policy, fallen_behind(Store(store)));
        row.from = *window;
        say_("policy " + policy.text + ": goes on with window " + std::to_string(row.from) +
             ", which was interrupted (--restart begins anew)");
        rewind(store, row.from, row.first_window);
    } else if (fs::exists(store / "run")) {
        throw ConfigError(store.string() +
                          ": holds a run that an earlier version began; --restart deletes it");
    } else {
        say_("policy " + policy.text + ": live");
        begin_store(store);
    }
    row.programs.store = store;
    row.window = policy.window;
    row.programs.stages.inference_only = policy.inference_only;
    row.streams = started_streams();
    auto starts = read_starts(store);
    const auto on_start = [&](double time) {
        starts[std::max(row.from, row.first_window)] = time;
        write_starts(store, starts);
    };
    collect(policy,
            WindowRow(row, boxes_.here(), boxes_.jobs(), clock_, {check_, say_, on_start}).run());
}

/// The run's results, into its store: from then on it is complete.
void Experiment::collect(const ExperimentPolicy& policy,
                         std::map<std::string, std::string> failed) {
    const fs::path store = directory(policy);
    failed.insert(failed_at_start_.begin(), failed_at_start_.end());
    failed_.insert(failed.begin(), failed.end());
    const auto& programs = o_.row.programs;
    Results results = common_results();
    results.policies = {
        collect_results(Store(store), {policy.text, o_.streams, failed, read_starts(store),
                                       programs.seconds / programs.stages.pace, programs.seconds})};
    write_atomically(store / "results.json", to_line(encode(results)) + "\n");
}

std::vector<std::string> Experiment::started_streams() const {
    std::vector<std::string> streams;
    for (const auto& stream : o_.streams)
        if (!failed_at_start_.contains(stream)) streams.push_back(stream);
    return streams;
}

/// A policy's store begins with what the bootstrap left. One that was not begun to its end has no
/// starts file, and nothing in it is anybody's result.
void Experiment::begin_store(const fs::path& store) const {
    fs::remove_all(store);
    fs::create_directories(store / "streams");
    for (const auto& stream : started_streams())
        fs::copy(o_.store / "bootstrap" / "streams" / stream, store / "streams" / stream,
                 fs::copy_options::recursive);
    write_starts(store, {});
}

Experiment::Progress Experiment::progress(const Store& store) const {
    Progress progress{{}, {}, o_.row.first_window - 1};
    for (const auto& stream : started_streams()) {
        const auto accuracies = store.accuracies(stream);
        const int window = accuracies.empty() ? o_.row.first_window - 1 : accuracies.back().window;
        const bool all = o_.row.windows > 0 && window + 1 >= o_.row.first_window + o_.row.windows;
        if (all || (store.has_window(stream, window) && store.window(stream, window).last))
            progress.over.insert(stream);
        progress.done[stream] = window;
        progress.newest = std::max(progress.newest, window);
    }
    return progress;
}

/// The first one that a stream which was being served has no accuracy of; none if all had come to
/// their end. A stream that had failed long before does not take the others back.
std::optional<int> Experiment::window_to_go_on_with(const Store& store) const {
    const auto now = progress(store);
    std::optional<int> next;
    for (const auto& [stream, window] : now.done)
        if (!now.over.contains(stream) && !now.is_behind(stream))
            next = std::min(next.value_or(window + 1), window + 1);
    return next;
}

/// Of a run that is over: what ended long before the others did, and why, as its logs say.
std::map<std::string, std::string> Experiment::fallen_behind(const Store& store) const {
    const auto now = progress(store);
    std::map<std::string, std::string> failed;
    for (const auto& [stream, window] : now.done) {
        if (!now.is_behind(stream)) continue;
        const fs::path logs = store.root() / "logs";
        std::string why;
        for (const auto& program :
             {StreamPrograms::ingestion_name(stream), StreamPrograms::inference_name(stream)})
            if (why.empty()) why = last_error(logs / (program + ".log"), stream);
        failed[stream] =
            !why.empty() ? why : "was served no longer after window " + std::to_string(window);
    }
    return failed;
}

Results Experiment::common_results() const {
    Results results;
    results.window_seconds = o_.row.programs.seconds;
    results.pace = o_.row.programs.stages.pace;
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
