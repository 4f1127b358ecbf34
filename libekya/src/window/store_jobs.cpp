#include "ekya/window/store_jobs.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "ekya/profile/pooled_inputs.hpp"
#include "ekya/store/label_filter.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds longest_wait = 0.1;
constexpr Seconds to_finish =
    0.5;  // before a training's deadline by which its model must be stored
constexpr double label_part = 0.6;          // of the time left, after which labelling is stopped
constexpr double least_share = 0.01;        // what a job gets instead of 0, which is no limit
constexpr std::streamoff log_tail = 65536;  // bytes of a log that are searched

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

std::string last_error(const fs::path& log, const std::string& stream) {
    std::error_code code;
    if (!fs::is_regular_file(log, code)) return {};  // a pipe would wait
    std::ifstream file(log, std::ios::binary | std::ios::ate);
    if (!file) return {};
    const std::streamoff size = file.tellg();
    file.seekg(std::max<std::streamoff>(size - log_tail, 0));
    const std::string mark = "error: ", of_stream = "stream " + stream + ": ";
    std::string line, found, of_all;
    while (std::getline(file, line)) {
        const auto at = line.find(mark);
        if (at == std::string::npos) continue;
        const std::string text = line.substr(at + mark.size());
        if (stream.empty() || text.rfind("stream ", 0) != 0)
            of_all = text;
        else if (text.rfind(of_stream, 0) == 0)
            found = text.substr(of_stream.size());
    }
    return found.empty() ? of_all : found;
}

StoreJobs::StoreJobs(Store store, int window, StageOptions options, Executor& executor,
                     std::function<void(const JobEnd&)> others)
    : store_(std::move(store)),
      window_(window),
      number_(window_number(window)),
      o_(std::move(options)),
      executor_(executor),
      others_(std::move(others)) {}

fs::path StoreJobs::log_of(const std::string& name) const {
    return store_.root() / "logs" / number_ / (name + ".log");
}

std::string StoreJobs::name_of(const WindowJob& job) {
    if (job.kind == WindowJob::Kind::label) return "label";
    if (job.kind == WindowJob::Kind::profile) return "profile." + std::to_string(profiles_++);
    return job.streams.front() + ".train";
}

void StoreJobs::start(const WindowJob& job) {
    if (job.retraining && job.retraining->elsewhere)
        throw ConfigError("policy: retraining elsewhere can only be simulated");
    const std::string name = name_of(job);
    make_room_for_window();
    prepare(job);
    JobRequest request;
    request.name = number_ + "/" + name;
    request.command = command(job);
    request.share = std::max(job.share, least_share);
    request.deadline = run_time() + job.stop_after;
    request.directory = store_.root() / "jobs" / number_ / name;
    request.log = log_of(name);
    if (job.kind == WindowJob::Kind::retrain) {
        request.records = log_of(name).replace_extension(".jsonl");
        training_[job.streams.front()] = request.name;
    }
    executor_.start(request);
    running_.emplace(request.name, job);
}

/// A file or a link in place of the window's directories would cost all streams the window.
void StoreJobs::make_room_for_window() const {
    for (const char* kind : {"logs", "jobs"}) {
        const fs::path all = store_.root() / kind;
        (void)make_room_for_directory(all, true);
        (void)make_room_for_directory(all / number_, false);
        std::error_code code;  // what uses them says what is wrong
        fs::create_directories(all / number_, code);
    }
}

/// What an earlier run of the same window left must not pass for a result of this one.
void StoreJobs::prepare(const WindowJob& job) const {
    if (job.kind == WindowJob::Kind::profile)
        for (const auto& stream : job.streams) {
            const auto file = store_.profile_file(stream, window_);
            std::error_code code;
            (void)make_room_for_file(file);
            fs::remove(file, code);
        }
    if (job.kind != WindowJob::Kind::retrain) return;
    // The plan that this retraining follows; later ones may say other things of other streams.
    Plan plan;
    plan.policy = "retraining";
    plan.window = window_;
    plan.horizon = std::max(job.stop_after, 1e-6);
    StreamPlan stream;
    stream.stream = job.streams.front();
    stream.retraining = job.retraining;
    stream.retraining->share = std::max(job.share, least_share);
    stream.steps = {{0, 0, stream.retraining->share, {}}};
    plan.streams = {stream};
    const auto file = log_of(stream.stream + ".plan").replace_extension(".json");
    (void)make_room_for_file(file);
    write_atomically(file, to_line(encode(plan)) + "\n");
}

std::vector<std::string> StoreJobs::command(const WindowJob& job) const {
    switch (job.kind) {
        case WindowJob::Kind::label:
            return label_command(job);
        case WindowJob::Kind::profile:
            return profile_command(job);
        case WindowJob::Kind::retrain:
            break;
    }
    return train_command(job);
}

/// Options that all three programs take.
std::vector<std::string> common_options(const StageOptions& o, const Store& store,
                                        const std::vector<std::string>& streams) {
    std::vector<std::string> words{"--streams", o.streams,
                                   "--store",   store.root().string(),
                                   "--seed",    std::to_string(o.seed),
                                   "--device",  o.device,
                                   "--threads", std::to_string(o.threads)};
    for (const auto& stream : streams) append(words, {"--stream", stream});
    return words;
}

std::vector<std::string> StoreJobs::label_command(const WindowJob& job) const {
    std::vector<std::string> words{(o_.programs / "ekya-label").string()};
    append(words, common_options(o_, store_, job.streams));
    append(words, {"--window", std::to_string(window_ - 1), "--fraction", to_text(o_.fraction),
                   "--teacher", o_.teacher});
    // A golden model that does not answer must not take the whole window.
    if (std::find(o_.label_options.begin(), o_.label_options.end(), "--max-seconds") ==
        o_.label_options.end())
        append(words, {"--max-seconds", to_text(label_part * job.stop_after)});
    append(words, o_.label_options);
    append(words, {"-o", "/dev/null", "--overwrite"});
    return words;
}

std::vector<std::string> StoreJobs::profile_command(const WindowJob& job) const {
    std::vector<std::string> words{(o_.programs / "ekya-profile").string()};
    append(words, common_options(o_, store_, job.streams));
    append(words, {"--window", std::to_string(window_), "--fresh-windows",
                   std::to_string(o_.fresh_windows), "--pace", to_text(o_.pace)});
    if (o_.exemplars) append(words, {"--exemplars", std::to_string(*o_.exemplars)});
    append(words, o_.profile_options);
    if (!o_.configs.empty()) append(words, {"--configs", o_.configs});
    if (o_.inference_only) words.emplace_back("--inference-only");
    if (o_.only_drifted) words.emplace_back("--only-drifted");
    if (!o_.drop_unprofiled) words.emplace_back("--no-drop");
    append(words, {"--budget", to_text(job.budget), "-o", "/dev/null", "--overwrite"});
    return words;
}

std::vector<std::string> StoreJobs::train_command(const WindowJob& job) const {
    const std::string& stream = job.streams.front();
    std::vector<std::string> words{(o_.programs / "ekya-train").string()};
    append(words, common_options(o_, store_, job.streams));
    append(words, {"--plan", log_of(stream + ".plan").replace_extension(".json").string(),
                   "--enforced", "--finish-by", to_text(run_time() + job.stop_after - to_finish),
                   "--fresh-windows", std::to_string(o_.fresh_windows)});
    if (o_.exemplars) append(words, {"--exemplars", std::to_string(*o_.exemplars)});
    append(words, o_.train_options);
    return words;
}

void StoreJobs::order(const std::string& stream, const JobOrder& order) {
    JobOrder held = order;
    held.share = std::max(order.share, least_share);
    executor_.order(training_.at(stream), held);
}

std::optional<double> StoreJobs::used(const std::string& stream) {
    const auto found = training_.find(stream);
    if (found == training_.end()) return std::nullopt;
    const auto record = executor_.record(found->second);
    return record ? std::optional(record->used) : std::nullopt;
}

std::vector<WindowJobEnd> StoreJobs::wait(Seconds limit) {
    std::vector<WindowJobEnd> ends;
    for (const auto& end : executor_.wait(std::clamp(limit, 0.0, longest_wait))) {
        const auto found = running_.find(end.name);
        if (found == running_.end()) {
            if (others_) others_(end);
            continue;
        }
        ends.push_back(result(found->second, end));
        running_.erase(found);
    }
    return ends;
}

WindowJobEnd StoreJobs::result(const WindowJob& job, const JobEnd& end) const {
    WindowJobEnd result;
    result.kind = job.kind;
    result.streams = job.streams;
    result.granted = end.record.granted;
    result.used = end.record.used;
    const std::string name = end.name.substr(number_.size() + 1);
    for (const auto& stream : job.streams) {
        const bool done = job.kind == WindowJob::Kind::label
                              ? store_.has_labels(stream, window_ - 1)
                              : has_profile(stream);
        if (job.kind != WindowJob::Kind::retrain && !done)
            result.failed[stream] = why(name, stream, end.record);
        else if (job.kind == WindowJob::Kind::label)
            note_yield(stream, result);
    }
    if (job.kind == WindowJob::Kind::retrain) note_retraining(job, end, result);
    return result;
}

void StoreJobs::note_yield(const std::string& stream, WindowJobEnd& result) const try {
    const auto yield = store_.labels(stream, window_ - 1).yield;
    const std::string warning = yield ? warning_of(*yield) : "";
    if (!warning.empty()) result.notes[stream] = "labelling: " + warning;
} catch (const InputError&) {
    // What is wrong with the labels is said where they are used.
}

void StoreJobs::note_retraining(const WindowJob& job, const JobEnd& end,
                                WindowJobEnd& result) const {
    const std::string& stream = job.streams.front();
    const int code = end.record.exit_code.value_or(1);
    // 138: told by SIGUSR1 to come to its end before it had begun.
    result.stopped = code == 124 || code == 138 || code == 143;
    std::string line, last;
    std::istringstream lines;
    try {
        lines.str(read_file(log_of(stream + ".train").replace_extension(".jsonl")));
    } catch (const InputError&) {
        lines.str({});  // decoding it says that there is nothing
    }
    while (std::getline(lines, line))
        if (!line.empty()) last = line;
    if (code == 0) try {
            const auto card = decode<ModelCard>(parse_json(last, "ekya-train"), "ekya-train");
            result.model = card.id;
            result.promoted = !card.promotion || card.promotion->promoted;
            if (!result.promoted) result.why = card.promotion->reason;
            return;
        } catch (const Error& e) {
            result.failed[stream] = e.what();
            return;
        }
    if (!result.stopped) result.failed[stream] = why(stream + ".train", stream, end.record);
}

std::string StoreJobs::why(const std::string& name, const std::string& stream,
                           const JobRecord& record) const {
    std::string text = last_error(log_of(name), stream);
    if (text.empty()) text = last_error(log_of(name), "");
    if (!text.empty()) return text;
    const int code = record.exit_code.value_or(1);
    return (code == 124 ? "it was stopped at its deadline"
                        : "it ended with exit code " + std::to_string(code)) +
           "; see " + log_of(name).string();
}

/// One that planning can read.
bool StoreJobs::has_profile(const std::string& stream) const try {
    const auto profiles = profiles_of(stream);
    return std::ranges::any_of(profiles,
                               [this](const auto& profile) { return profile.window == window_; });
} catch (const InputError&) {
    return false;
}

/// Planning goes on without profiles that are damaged.
std::vector<ProfileRecord> StoreJobs::profiles_of(const std::string& stream) const {
    return whole_profiles(store_, stream, window_ - pooled_windows);
}

std::vector<PlanningInput> StoreJobs::planning_inputs(const std::vector<std::string>& streams) {
    std::vector<ProfileRecord> records;
    for (const auto& stream : store_.streams()) try {
            for (auto& record : profiles_of(stream)) records.push_back(std::move(record));
        } catch (const InputError&) {
            // Another stream's profiles would only have made this plan better.
            if (std::ranges::find(streams, stream) != streams.end()) throw;
        }
    auto inputs = pooled_inputs(records, window_);
    std::vector<PlanningInput> chosen;
    for (const auto& stream : streams) {
        const auto found = std::find_if(inputs.begin(), inputs.end(),
                                        [&](const auto& input) { return input.stream == stream; });
        if (found == inputs.end())
            throw DomainError("stream " + stream + ": has no profile of window " +
                              std::to_string(window_));
        chosen.push_back(std::move(*found));
    }
    return chosen;
}

}  // namespace ekya
