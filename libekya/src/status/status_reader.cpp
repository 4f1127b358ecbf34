#include "ekya/status/status_reader.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/label_filter.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/window/stream_programs.hpp"
#include "ekya/wire/state_file.hpp"
#include "ekya/wire/state_records.hpp"
#include "newest_record.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

using State = CameraStatus::State;
using Program = RunCamera::Program;

constexpr Seconds silent_program = 60;  // of which nothing was heard, although it writes every 2 s
constexpr Seconds silent_elsewhere = 20;
constexpr Seconds silent_camera = 15;    // a source that sends nothing counts as away after 5 s
constexpr std::size_t recent_uses = 10;  // stretches of about a second

std::optional<double> changed_at(const fs::path& file) {
    struct stat found {};
    if (stat(file.c_str(), &found) != 0) return std::nullopt;
    return static_cast<double>(found.st_mtim.tv_sec) +
           static_cast<double>(found.st_mtim.tv_nsec) / 1e9;
}

std::string seconds_text(Seconds seconds) {
    return std::to_string(std::llround(std::max(seconds, 0.0))) + " s";
}

bool is_store(const fs::path& directory) {
    std::error_code code;
    return fs::is_directory(directory / "streams", code) ||
           fs::is_directory(directory / "run", code);  // before the first window is stored
}

/// What is remembered of a stream between two looks.
struct StreamMemory {
    NewestRecord<WindowAccuracy> accuracy;
    NewestRecord<LabelSet> labels;
    NewestRecord<RetrainingRecord> retraining, ended_retraining;
};

void look_at_disk(const fs::path& root, StoreStatus& status) {
    struct statvfs disk {};
    if (statvfs(root.c_str(), &disk) != 0) return;
    const auto block = static_cast<double>(disk.f_frsize);
    status.disk_free = static_cast<double>(disk.f_bavail) * block;
    status.disk_size = static_cast<double>(disk.f_blocks) * block;
}

ScoreStatus score_of(const WindowAccuracy& window) {
    return {ScoreStatus::Kind::accuracy, window.window, *window.accuracy, window.objects, {}, {}};
}

std::optional<ScoreStatus> agreement_of(const LabelSet& labels) {
    const auto& a = labels.agreement;
    if (labels.teacher == "annotations" || !a || a->labels == 0) return std::nullopt;
    return ScoreStatus{
        ScoreStatus::Kind::agreement, labels.window, a->share, a->labels, a->low, a->high};
}

LabelStatus label_status(const LabelSet& labels) {
    LabelStatus status;
    status.window = labels.window;
    status.labels = static_cast<std::int64_t>(labels.labels.size());
    for (const auto& frame : labels.frames)
        status.labels += std::count_if(frame.boxes.begin(), frame.boxes.end(),
                                       [](const auto& box) { return !box.ignore; });
    if (labels.yield && labels.yield->asked > 0)
        status.yield =
            std::clamp(static_cast<double>(labels.yield->given) / labels.yield->asked, 0.0, 1.0);
    return status;
}

const RetrainingMoment* moment_of(const RetrainingRecord& record, RetrainingMoment::What what) {
    const auto found = std::find_if(record.moments.begin(), record.moments.end(),
                                    [&](const auto& moment) { return moment.what == what; });
    return found == record.moments.end() ? nullptr : &*found;
}

}  // namespace

struct StatusReader::Memory {
    explicit Memory(const fs::path& given)
        : directory(given), root(store_below(given)), store(root) {}

    [[nodiscard]] StoreStatus read();
    /// The next policy of an experiment has begun.
    [[nodiscard]] bool is_elsewhere() const {
        return directory != root && store_below(directory) != root;
    }

    fs::path directory, root;

private:
    void read_run();
    [[nodiscard]] std::optional<StoreHolder> holder(double now) const;
    void look_at_program(StoreStatus& status) const;
    void look_at_jobs(StoreStatus& status) const;
    [[nodiscard]] std::vector<RunCamera> cameras() const;
    [[nodiscard]] CameraStatus camera(const RunCamera& run, const StoreStatus& status);
    void look_at_source(CameraStatus& camera, const RunCamera& run,
                        const StoreStatus& status) const;
    void look_at_inference(CameraStatus& camera, const RunCamera& run,
                           const StoreStatus& status) const;
    void look_at_windows(CameraStatus& camera, const StoreStatus& status);
    [[nodiscard]] TrainingStatus training(const RetrainingRecord& record,
                                          const StoreStatus& status) const;

    Store store;
    std::optional<RunState> run_;
    std::string run_problem_;  ///< why it cannot be read; empty = it can, or there is none
    std::map<std::string, StreamMemory> streams_;
};

void StatusReader::Memory::read_run() {
    const fs::path file = LiveFiles(root).run_state();
    run_.reset();
    run_problem_.clear();
    try {
        if (changed_at(file)) run_ = read_record<RunState>(file);
    } catch (const Error& e) {
        run_problem_ = printable(e.what(), limits::quoted_bytes);
    }
}

/// Locks of other machines and other containers are not to be seen here: there, who writes holds.
std::optional<StoreHolder> StatusReader::Memory::holder(double now) const {
    auto found = holder_of(root);
    if (!found && directory != root) found = holder_of(directory);
    if (found || !run_) return found;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    if (run_->host != host.data() && now - run_->updated < silent_elsewhere)
        found = StoreHolder{run_->program, run_->process, ""};
    return found;
}

/// What the program that holds the store says itself.
void StatusReader::Memory::look_at_program(StoreStatus& status) const {
    if (run_) {
        status.heard = std::max(status.time - run_->updated, 0.0);
        status.window_seconds = run_->window_seconds;
    }
    if (!status.holder) {
        status.problems.emplace_back("nobody runs the store");
        return;
    }
    if (!run_problem_.empty()) status.problems.push_back(run_problem_);
    if (!run_) return;
    if (*status.heard > silent_program)
        status.problems.push_back(status.holder->program + " has not been heard of for " +
                                  seconds_text(*status.heard));
    status.window = run_->window;
    if (run_->window_ends > 0) status.window_left = std::max(run_->window_ends - status.time, 0.0);
    status.recording = run_->recording;
    if (!status.recording)
        status.problems.emplace_back("the disk has no room: nothing is recorded");
}

void StatusReader::Memory::look_at_jobs(StoreStatus& status) const {
    if (!status.holder || !status.window) return;
    std::error_code code;
    for (const auto& entry :
         fs::directory_iterator(root / "jobs" / window_number(*status.window), code))
        if (is_file_name(entry.path().filename().string()) && JobFiles(entry.path()).running())
            status.jobs.push_back(entry.path().filename().string());
    std::sort(status.jobs.begin(), status.jobs.end());
}

/// Those that are served now; of a store that nobody has served yet, those that it knows.
std::vector<RunCamera> StatusReader::Memory::cameras() const {
    if (run_) return run_->cameras;
    std::vector<RunCamera> cameras;
    for (const auto& stream : store.streams()) cameras.emplace_back().stream = stream;
    return cameras;
}

void StatusReader::Memory::look_at_source(CameraStatus& camera, const RunCamera& run,
                                          const StoreStatus& status) const {
    const auto source = read_state<SourceState>(LiveFiles(root).source_state(camera.stream));
    if (source) {
        camera.since = source->since;
        camera.reason = printable(source->reason, limits::quoted_bytes);
        camera.recorded = source->frames;
        camera.damaged = source->damaged;
        camera.losses = source->losses;
        camera.recorded_fps = source->state == SourceState::State::live ? source->fps : 0;
    }
    const bool failed = source && source->state == SourceState::State::failed;
    const auto enter = [&](State state, const std::string& reason) {
        camera.state = state;
        if (!reason.empty() || !failed) camera.reason = reason;
        camera.recorded_fps = 0;
    };
    if (source && source->state == SourceState::State::ended &&
        (!status.holder || run.ingestion == Program::ended) && source->reason.empty())
        return enter(State::ended, "");
    if (!status.holder) return enter(State::stopped, "nobody runs the store");
    if (!run_) return;
    switch (run.ingestion) {
        case Program::waits:
            return enter(State::waiting, "");
        case Program::ended:
            return enter(failed ? State::failed : State::ended, "");
        case Program::none:
            return status.recording ? enter(State::connecting, "")
                                    : enter(State::stopped, "the disk has no room");
        case Program::runs:
            break;
    }
    if (!source || failed || source->state == SourceState::State::ended)
        return enter(State::connecting, "");  // what it says is of an earlier process
    camera.state = source->state == SourceState::State::live   ? State::live
                   : source->state == SourceState::State::away ? State::away
                                                               : State::connecting;
    const Seconds silent = status.time - source->updated;
    if (camera.state == State::live && silent > silent_camera) {
        camera.recorded_fps = 0;
        camera.problems.push_back("no frame for " + seconds_text(silent));
    }
}

void StatusReader::Memory::look_at_inference(CameraStatus& camera, const RunCamera& run,
                                             const StoreStatus& status) const {
    try {
        camera.model = store.serving(camera.stream).value_or("");
        camera.model_since = changed_at(store.stream_directory(camera.stream) / "serving.json");
    } catch (const std::exception& e) {
        camera.problems.emplace_back(printable(e.what(), limits::quoted_bytes));
    }
    const auto state = read_state<InferenceState>(LiveFiles(root).inference_state(camera.stream));
    const Seconds silent = state ? status.time - state->updated : 0;
    const bool answers = status.holder && state && silent <= silent_camera;
    if (state) {
        camera.seen = state->seen;
        camera.analysed = state->analysed;
        camera.skipped = state->skipped;
        camera.lost = state->lost;
        camera.last_answer = state->updated;
        camera.seen_fps = answers ? state->seen_fps : 0;
        camera.analysed_fps = answers ? state->analysed_fps : 0;
        if (state->model == camera.model) camera.model_since = state->since;
        if (answers) {
            camera.backlog = state->backlog;
            camera.latency = state->latency;
        }
    }
    const JobFiles job(root / "jobs" / StreamPrograms::inference_name(camera.stream));
    if (const auto record = job.record()) {
        camera.device_granted = record->granted;
        camera.device_used = record->used;
        if (status.holder && record->state != "ended") {
            camera.share_granted = record->share;
            Seconds seconds = 0, used = 0;
            for (const auto& use : job.newest_uses(recent_uses)) {
                seconds += use.seconds;
                used += use.used;
            }
            if (seconds > 0) camera.share_used = used / seconds;
        }
    }
    if (!status.holder || !run_) return;
    camera.restarts = run.restarts;
    if (run.inference == Program::waits)
        camera.problems.emplace_back("inference has failed, and waits to be started again");
    const bool is_live = camera.state == State::live && camera.since;
    if (run.inference == Program::ended && is_live)
        camera.problems.emplace_back("inference has ended");
    // It loads its model for a while, and answers nothing before a frame comes.
    const Seconds flowing = is_live ? status.time - *camera.since : 0;
    if (run.inference == Program::runs && flowing > 2 * silent_camera && !answers)
        camera.problems.push_back(state ? "no answer for " + seconds_text(silent)
                                        : std::string("no answer yet"));
}

TrainingStatus StatusReader::Memory::training(const RetrainingRecord& record,
                                              const StoreStatus& status) const {
    TrainingStatus training;
    training.window = record.window;
    training.config = record.config;
    if (!record.moments.empty()) training.share = record.moments.back().share;
    const auto* started = moment_of(record, RetrainingMoment::What::started);
    training.running = started && !moment_of(record, RetrainingMoment::What::trained);
    training.paused = training.running && training.share <= 0;
    // The record counts from the moment at which the window was taken up.
    std::optional<double> zero;
    const JobFiles job(root / "jobs" / window_number(record.window) / (record.stream + ".train"));
    if (const auto its = started ? job.record() : std::nullopt)
        zero = its->started - started->time;
    else if (run_ && run_->window == record.window && run_->window_ends > 0)
        zero = run_->window_ends - run_->window_seconds;
    if (zero && *zero + record.expected_end > status.time)
        training.ends_in = *zero + record.expected_end - status.time;
    return training;
}

/// What windows have left, as far as it can be read.
void StatusReader::Memory::look_at_windows(CameraStatus& camera, const StoreStatus& status) {
    auto& memory = streams_[camera.stream];
    const fs::path its = store.stream_directory(camera.stream);
    std::optional<int> newest;
    if (run_) newest = run_->window;
    const auto by_number = [&](const char* kind) {
        return [file = its / kind](int w) { return file / (window_number(w) + ".json"); };
    };
    memory.accuracy.look(by_number("results"), its / "results", newest);
    memory.labels.look([&](int w) { return store.labels_file(camera.stream, w); }, its / "windows",
                       newest);
    memory.retraining.look(by_number("retrainings"), its / "retrainings", newest);
    for (const auto* problem :
         {&memory.accuracy.problem(), &memory.labels.problem(), &memory.retraining.problem()})
        if (!problem->empty()) camera.notes.push_back(printable(*problem, limits::quoted_bytes));

    if (const auto& window = memory.accuracy.record(); window && window->accuracy)
        camera.score = score_of(*window);
    if (const auto& labels = memory.labels.record()) {
        if (!camera.score) camera.score = agreement_of(*labels);
        camera.labels = label_status(*labels);
        if (const auto warning = warning_of(*labels); !warning.empty())
            camera.notes.push_back("window " + std::to_string(labels->window) + ": " +
                                   printable(warning, limits::quoted_bytes));
    }
    auto ended = memory.retraining.record();
    if (ended && ended->outcome == RetrainingOutcome::none) {
        if (status.holder && status.window == ended->window)
            camera.training = training(*ended, status);
        memory.ended_retraining.look(by_number("retrainings"), its / "retrainings",
                                     ended->window - 1);
        ended = memory.ended_retraining.record();
    }
    if (!ended || ended->outcome == RetrainingOutcome::none) return;
    camera.last_training = LastTraining{ended->window, ended->outcome, ended->model,
                                        printable(ended->why, limits::quoted_bytes)};
    if (ended->outcome == RetrainingOutcome::failed)
        camera.notes.push_back("the retraining of window " + std::to_string(ended->window) +
                               " failed: " + camera.last_training->why);
}

CameraStatus StatusReader::Memory::camera(const RunCamera& run, const StoreStatus& status) {
    CameraStatus camera;
    camera.stream = run.stream;
    look_at_source(camera, run, status);
    look_at_inference(camera, run, status);
    look_at_windows(camera, status);
    if (!run.problem.empty())
        camera.problems.push_back(printable(run.problem, limits::quoted_bytes));
    if (!status.holder || !run_) return camera;
    if (camera.model.empty()) camera.notes.emplace_back("no model yet");
    const auto because = camera.reason.empty() ? "" : ": " + camera.reason;
    const auto since = camera.since ? " since " + utc_text(*camera.since) : "";
    switch (camera.state) {
        case State::connecting:
            camera.problems.emplace_back("its first frame is waited for");
            break;
        case State::away:
            camera.problems.push_back("away" + since + because);
            break;
        case State::waiting:
            camera.problems.push_back("recording has failed, and waits to be started again" +
                                      because);
            break;
        case State::stopped:
            camera.problems.push_back("is not recorded" + because);
            break;
        case State::failed:
            camera.problems.push_back("has failed" + because);
            break;
        case State::unknown:
        case State::live:
        case State::ended:
            break;
    }
    return camera;
}

StoreStatus StatusReader::Memory::read() {
    StoreStatus status;
    status.store = printable(root.string());
    status.time = unix_time();
    read_run();
    status.holder = holder(status.time);
    if (status.holder && run_ && run_->program != status.holder->program) run_.reset();
    look_at_program(status);
    look_at_jobs(status);
    look_at_disk(root, status);
    const auto served = cameras();
    for (const auto& run : served) status.cameras.push_back(camera(run, status));
    std::erase_if(streams_, [&](const auto& entry) {
        return std::none_of(served.begin(), served.end(),
                            [&](const auto& run) { return run.stream == entry.first; });
    });
    const bool is_heard = run_problem_.empty() && (!run_ || *status.heard <= silent_program);
    const bool all_well =
        status.recording && std::all_of(status.cameras.begin(), status.cameras.end(),
                                        [](const auto& one) { return one.problems.empty(); });
    using Health = StoreStatus::Health;
    status.health = !status.holder || !is_heard ? Health::down
                    : all_well                  ? Health::healthy
                                                : Health::degraded;
    return status;
}

StatusReader::StatusReader(const fs::path& directory)
    : memory_(std::make_unique<Memory>(directory)) {}
StatusReader::~StatusReader() = default;
StatusReader::StatusReader(StatusReader&&) noexcept = default;
StatusReader& StatusReader::operator=(StatusReader&&) noexcept = default;

StoreStatus StatusReader::read() {
    if (memory_->is_elsewhere()) *this = StatusReader(fs::path(memory_->directory));
    return memory_->read();
}

fs::path store_below(const fs::path& directory) {
    if (is_store(directory)) return directory;
    std::error_code code;
    fs::path newest;
    double when = -1;
    for (const auto& entry : fs::directory_iterator(directory, code)) {
        if (!is_store(entry.path())) continue;
        // The base models have no such record, and come first.
        const double changed = changed_at(LiveFiles(entry.path()).run_state()).value_or(0);
        if (changed > when) {
            when = changed;
            newest = entry.path();
        }
    }
    if (newest.empty()) throw InputError(directory.string() + ": holds no store");
    return newest;
}

}  // namespace ekya
