#include <algorithm>
#include <cmath>
#include <set>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/names.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/report/history.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/experiment.hpp"
#include "job_histories.hpp"
#include "reader.hpp"
#include "time_axis.hpp"

namespace ekya::report {
namespace fs = std::filesystem;
namespace {

bool has_directory(const fs::path& path) {
    std::error_code code;
    return fs::is_directory(path, code);
}
bool has_file(const fs::path& path) {
    std::error_code code;
    return fs::is_regular_file(path, code);
}

/// What a store says of one stream, before anything is put on the axis of time.
struct StreamStore {
    StreamRecords records;
    std::map<int, LabelSet> labels;  ///< without the labels themselves
};

StreamStore read_stream(const Store& store, const std::string& stream, Reader& reader) {
    StreamStore found;
    auto& records = found.records;
    const fs::path directory = store.stream_directory(stream);
    records.accuracies = reader.by_window<WindowAccuracy>(directory / "results", stream);
    records.retrainings = reader.by_window<RetrainingRecord>(directory / "retrainings", stream);
    records.profiles = reader.by_window<ProfileRecord>(directory / "profiles", stream);
    records.cards = store.model_cards(stream);
    for (const int window : Reader::windows_in(directory / "windows")) {
        if (!store.has_labels(stream, window)) continue;
        auto labels = reader.try_to([&] { return store.labels(stream, window); });
        if (!labels) continue;
        if (labels->agreement && labels->teacher != "annotations" && labels->agreement->labels > 0)
            records.agreements.emplace(window, *labels->agreement);
        labels->labels.clear();
        labels->frames.clear();
        found.labels.emplace(window, std::move(*labels));
    }
    return found;
}

void add_window(std::map<int, ServedWindow>& windows, const WindowAccuracy& accuracy,
                Seconds seconds) {
    auto& window = windows[accuracy.window];
    if (accuracy.complete || accuracy.seconds >= seconds / 2) window.accuracy = accuracy.accuracy;
    window.frames = accuracy.frames;
    window.analysed = accuracy.analysed;
    window.lost = accuracy.lost;
}

std::vector<Swap> swaps_of(const std::vector<WindowAccuracy>& accuracies, const RunHistory& run,
                           Seconds window_seconds) {
    std::vector<Swap> swaps;
    std::string serving;
    for (const auto& accuracy : accuracies) {
        const auto span = run.windows.at(accuracy.window);
        for (const auto& model : accuracy.models) {
            const Time time =
                span.begin + std::clamp(model.from_time - accuracy.window * window_seconds, 0.0,
                                        span.end - span.begin);
            if (!serving.empty() && model.model != serving) swaps.push_back({time, model.model});
            serving = model.model;
        }
    }
    return swaps;
}

/// The profile of the next window measures the model on the labels of the window that it was
/// trained in.
std::vector<JudgedRetraining> judged(const StreamRecords& records) {
    std::vector<JudgedRetraining> found;
    for (const auto& retraining : records.retrainings) {
        if (retraining.model.empty() || retraining.outcome != RetrainingOutcome::served) continue;
        for (const auto& profile : records.profiles)
            if (profile.window == retraining.window + 1 && profile.model == retraining.model &&
                profile.labels > 0)
                found.push_back({retraining.window, retraining.config, retraining.expected_accuracy,
                                 profile.accuracy_on_labels(), profile.labels});
    }
    return found;
}

StreamHistory stream_history(const Store& store, const std::string& stream, StreamStore&& found,
                             const std::vector<Plan>& plans, const RunHistory& run,
                             Seconds window_seconds, Reader& reader) {
    StreamHistory history;
    auto& records = found.records;
    history.result = stream_result(stream, records, plans, window_seconds);
    for (auto& window : history.result.windows) window.plan.reset();  // not shown, and large
    std::map<int, ServedWindow> windows;
    for (const auto& accuracy : records.accuracies) {
        add_window(windows, accuracy, window_seconds);
        history.frames += accuracy.frames;
        history.analysed += accuracy.analysed;
        history.lost += accuracy.lost;
    }
    for (const auto& [window, agreement] : records.agreements)
        windows[window].agreement = agreement;
    for (auto& [number, window] : windows) {
        window.window = number;
        history.windows.push_back(std::move(window));
    }
    // Windows without inference have agreements all the same.
    std::vector<Agreement> agreements;
    for (const auto& [window, agreement] : records.agreements) agreements.push_back(agreement);
    history.result.agreement = over_windows(agreements);
    history.swaps = swaps_of(records.accuracies, run, window_seconds);
    history.judged = judged(records);
    for (const auto& [window, labels] : found.labels)
        if (labels.yield) history.yields.push_back({window, *labels.yield});
    if (auto serving = reader.try_to([&] { return store.serving(stream); }))
        history.serving = serving->value_or("");
    history.retrainings = std::move(records.retrainings);
    history.profiles = std::move(records.profiles);
    return history;
}

/// A window of more seconds is believed to be an error: times computed with it would mean nothing.
constexpr Seconds longest_window = 1e7;

/// The seconds of video that most complete windows have.
Seconds usual_seconds(const std::map<std::string, StreamStore>& streams) {
    std::map<long, int> counts;
    for (const auto& [id, stream] : streams)
        for (const auto& accuracy : stream.records.accuracies)
            if (accuracy.complete && accuracy.seconds < longest_window)
                ++counts[std::lround(accuracy.seconds * 1000)];
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == counts.end() || most->first <= 0 ? 0 : static_cast<double>(most->first) / 1000;
}

TimeAxis service_axis(const std::map<std::string, StreamStore>& streams, Seconds seconds) {
    std::map<int, double> begins;
    for (const auto& [id, stream] : streams)
        for (const auto& accuracy : stream.records.accuracies)
            if (const auto utc = unix_time_of(accuracy.utc)) {
                auto& begin = begins.emplace(accuracy.window, *utc).first->second;
                begin = std::min(begin, *utc);
            }
    return {begins, seconds};
}

RunHistory read_run(const fs::path& directory, const std::string& name, History& history,
                    Reader& reader) {
    const Store store(directory);
    RunHistory run;
    run.name = name;
    run.store = directory;
    std::map<std::string, StreamStore> streams;
    for (const auto& id : store.streams()) streams[id] = read_stream(store, id, reader);
    if (history.window_seconds <= 0) history.window_seconds = usual_seconds(streams);
    const Seconds seconds = history.window_seconds > 0 ? history.window_seconds : 1;
    const auto axis = [&] {
        if (!history.experiment) return service_axis(streams, seconds);
        std::map<int, double> starts;
        if (has_file(directory / ".starts"))
            if (auto read = reader.try_to([&] { return read_starts(directory); })) starts = *read;
        return TimeAxis(starts, seconds, history.pace);
    }();
    const auto plans = reader.by_window<Plan>(directory / "plans");
    for (const auto& plan : plans) run.gpus = std::max(run.gpus, plan.gpus);
    std::set<int> numbers;
    for (const auto& [id, stream] : streams) {
        for (const auto& accuracy : stream.records.accuracies) numbers.insert(accuracy.window);
        for (const auto& record : stream.records.retrainings) numbers.insert(record.window);
        // An experiment's base models are of windows before its run, which nobody is served in.
        for (const auto& [window, agreement] : stream.records.agreements)
            if (!history.experiment) numbers.insert(window);
    }
    for (const int window : numbers) run.windows[window] = axis.window(window);
    std::vector<double> accuracies;
    for (auto& [id, stream] : streams) {
        if (history.experiment)
            std::erase_if(stream.records.agreements,
                          [&](const auto& entry) { return !run.windows.contains(entry.first); });
        run.streams.push_back(
            stream_history(store, id, std::move(stream), plans, run, seconds, reader));
        const auto& result = run.streams.back().result;
        if (result.mean_accuracy) accuracies.push_back(*result.mean_accuracy);
        run.retrainings += result.retrainings;
        run.device_seconds += result.device_seconds;
    }
    if (!accuracies.empty()) {
        double sum = 0;
        for (const double accuracy : accuracies) sum += accuracy;
        run.mean_accuracy = sum / static_cast<double>(accuracies.size());
    }
    run.jobs = job_histories(store, run, axis, reader);
    return run;
}

double number_of(const Json& settings, const char* name, double otherwise) {
    const Json value = settings.value(name, Json());
    double number = otherwise;
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return otherwise;
    }
    return number > 0 && number < longest_window ? number : otherwise;
}

/// Window and pace, as the experiment was started with.
void read_settings(const fs::path& file, History& history, Reader& reader) {
    const auto settings = reader.try_to([&] {
        const Json json = parse_json(read_file(file), file.string());
        if (!json.is_object()) throw InputError(file.string() + ": is no object");
        return json;
    });
    if (!settings) return;
    history.window_seconds = number_of(*settings, "window", 0);
    history.pace = number_of(*settings, "pace", 1);
}

/// Policy and directory of each run, in the order of the results, else by name.
std::vector<std::pair<std::string, fs::path>> runs_of(const fs::path& directory, Reader& reader) {
    std::map<std::string, std::string> policies;  // by directory
    std::vector<std::string> order;
    const auto take = [&](const fs::path& file, const std::string& only) {
        if (!has_file(file)) return;
        const auto results = reader.try_to([&] { return read_record<Results>(file); });
        if (!results) return;
        for (const auto& policy : results->policies) {
            std::string name = policy.policy;
            std::replace(name.begin(), name.end(), ':', '-');
            if (!only.empty() && name != only) continue;
            if (policies.emplace(name, policy.policy).second) order.push_back(name);
        }
    };
    take(directory / "results.json", {});
    std::vector<std::string> others;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(directory, code)) {
        const auto name = entry.path().filename().string();
        if (name == "bootstrap" || !is_file_name(name) || !has_directory(entry.path() / "streams"))
            continue;
        take(entry.path() / "results.json", name);
        if (!policies.contains(name)) policies.emplace(name, name);
        if (std::find(order.begin(), order.end(), name) == order.end()) others.push_back(name);
    }
    std::sort(others.begin(), others.end());
    order.insert(order.end(), others.begin(), others.end());
    std::vector<std::pair<std::string, fs::path>> runs;
    for (const auto& name : order)
        if (is_file_name(name) && has_directory(directory / name / "streams"))
            runs.emplace_back(policies.at(name), directory / name);
    return runs;
}

}  // namespace

History read_history(const fs::path& directory) {
    History history;
    Reader reader(history.damaged);
    const fs::path whole = fs::weakly_canonical(directory);  // of "." too
    history.experiment = !has_directory(directory / "streams");
    if (history.experiment) {
        if (has_file(directory / ".settings"))
            read_settings(directory / ".settings", history, reader);
        const auto runs = runs_of(directory, reader);
        if (runs.empty())
            throw InputError(directory.string() +
                             ": holds neither the store of a service nor an experiment");
        for (const auto& [policy, store] : runs)
            history.runs.push_back(read_run(store, policy, history, reader));
    } else if (has_file(directory / ".starts")) {  // one policy of an experiment
        history.experiment = true;
        if (has_file(whole.parent_path() / ".settings"))
            read_settings(whole.parent_path() / ".settings", history, reader);
        history.runs.push_back(read_run(directory, whole.filename().string(), history, reader));
    } else {
        history.runs.push_back(read_run(directory, "", history, reader));
    }
    return history;
}

const RunHistory& main_run(const History& history) {
    return *std::max_element(history.runs.begin(), history.runs.end(),
                             [](const auto& a, const auto& b) {
                                 return a.mean_accuracy.value_or(-1) < b.mean_accuracy.value_or(-1);
                             });
}

}  // namespace ekya::report
