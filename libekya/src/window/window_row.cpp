#include "ekya/window/window_row.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/window/journal.hpp"
#include "ekya/window/live_serving.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds tick = 0.1;
constexpr Seconds before_start = 1.5;  // ingestion opens its sources meanwhile
constexpr Seconds lateness = 10;       // that a window may be stored late
constexpr Seconds drain = 10;          // for what waits in a queue when the video has ended
constexpr int terminated = 143;

std::string ingest_job(const std::string& stream) { return stream + ".ingest"; }
std::string infer_job(const std::string& stream) { return stream + ".infer"; }

std::string text_of(double value) {
    std::ostringstream text;
    text.precision(15);
    text << value;
    return text.str();
}

fs::path make_socket_directory() {
    std::string pattern = (fs::temp_directory_path() / "ekya.XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw SystemError(pattern + ": cannot be made");
    return pattern;
}

}  // namespace

WindowRow::WindowRow(RowOptions options, Executor& here, Executor& jobs, Clock& clock, Hooks hooks)
    : o_(std::move(options)),
      store_(o_.store),
      here_(here),
      jobs_(jobs),
      clock_(clock),
      hooks_(std::move(hooks)),
      supervisor_(here, clock, hooks_.say),
      sockets_(make_socket_directory()) {}

WindowRow::~WindowRow() {
    std::error_code ignored;
    fs::remove_all(sockets_, ignored);
}

std::map<std::string, std::string> WindowRow::run() {
    start_inference();
    start_ = unix_time() + before_start;
    start_ingestion();
    int window = o_.first_window;
    for (; o_.windows == 0 || window < o_.first_window + o_.windows; ++window) {
        wait_until(begin_of(window));
        if (!run_window(window)) break;
        if (window > o_.first_window) report(window - 1);
    }
    close();
    report(window - 1);
    return failed_;
}

// --- the programs that last ----------------------------------------------------------------------

std::string WindowRow::endpoint(const char* kind) const {
    return "ipc://" + (sockets_ / (std::string("{stream}.") + kind)).string();
}

/// After a crash it goes on with the window it was in.
JobRequest WindowRow::ingestion(const std::string& stream) const {
    const auto stored = store_.windows(stream);
    const int from = stored.empty() ? 0 : stored.back() + 1;
    JobRequest request;
    request.name = ingest_job(stream);
    request.command = {(o_.stages.programs / "ekya-ingest").string(),
                       "--streams",
                       o_.stages.streams,
                       "--stream",
                       stream,
                       "--store",
                       o_.store.string(),
                       "--window",
                       text_of(o_.seconds),
                       "--from-window",
                       std::to_string(from),
                       "--pace",
                       text_of(o_.stages.pace),
                       "--start-at",
                       text_of(begin_of(from)),
                       "--crop-size",
                       std::to_string(o_.crop_size),
                       "--publish",
                       endpoint("frames"),
                       "--await-subscribers",
                       "1"};
    auto& words = request.command;
    if (o_.windows > 0) {
        const int left = o_.first_window + o_.windows - from;
        words.insert(words.end(), {"--windows", std::to_string(std::max(left, 1))});
    }
    words.insert(words.end(), o_.ingest_options.begin(), o_.ingest_options.end());
    words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
    request.directory = o_.store / "jobs" / request.name;
    request.log = o_.store / "logs" / (request.name + ".log");
    return request;
}

/// After a crash it takes up the window it was in, with the share and the configuration it had.
JobRequest WindowRow::inference(const std::string& stream, int restarts) const {
    JobRequest request;
    request.name = infer_job(stream);
    request.directory = o_.store / "jobs" / request.name;
    request.log = o_.store / "logs" / (request.name + ".log");
    request.command = {(o_.stages.programs / "ekya-infer").string(),
                       "--streams",
                       o_.stages.streams,
                       "--stream",
                       stream,
                       "--store",
                       o_.store.string(),
                       "--frames",
                       endpoint("frames"),
                       "--control",
                       endpoint("control"),
                       "--crop-size",
                       std::to_string(o_.crop_size),
                       "--device",
                       o_.stages.device,
                       "--threads",
                       std::to_string(o_.stages.threads),
                       "--answers",
                       (o_.store / "run" / (stream + ".answers.jsonl")).string()};
    auto& words = request.command;
    if (restarts > 0) {
        words.emplace_back("--resume");
        if (const auto record = JobFiles(request.directory).record()) request.share = record->share;
        if (const auto config = planned_inference(stream))
            words.insert(words.end(), {"--frame-stride", std::to_string(config->frame_stride),
                                       "--input-size", std::to_string(config->input_size)});
    }
    words.insert(words.end(), o_.infer_options.begin(), o_.infer_options.end());
    words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
    return request;
}

/// How the newest plan has frames analysed.
std::optional<InferenceConfig> WindowRow::planned_inference(const std::string& stream) const {
    const auto plans = store_.plans();
    if (plans.empty()) return std::nullopt;
    for (const auto& planned : plans.back().streams)
        if (planned.stream == stream) return planned.steps.front().inference;
    return std::nullopt;
}

/// A model that loads in the first window would cost it frames.
void WindowRow::start_inference() {
    fs::create_directories(o_.store / "run");
    fs::create_directories(o_.store / "logs");
    for (const auto& stream : o_.streams)
        supervisor_.keep(infer_job(stream), "stream " + stream + ": inference",
                         [this, stream](int restarts) { return inference(stream, restarts); });
    for (const auto& stream : o_.streams)
        while (!fs::exists(sockets_ / (stream + ".control")) && supervisor_.runs(infer_job(stream)))
            pump(tick / 2);
}

void WindowRow::start_ingestion() {
    for (const auto& stream : o_.streams)
        supervisor_.keep(ingest_job(stream), "stream " + stream + ": ingestion",
                         [this, stream](int) { return ingestion(stream); });
}

/// Looks after the programs for so long.
void WindowRow::pump(Seconds limit) {
    if (hooks_.check) hooks_.check();
    for (const auto& end : here_.wait(std::min(limit, tick))) (void)supervisor_.ended(end);
    supervisor_.step();
}

void WindowRow::wait_until(double time) {
    while (unix_time() < time) pump(time - unix_time());
}

// --- windows -------------------------------------------------------------------------------------

WindowRow::Stored WindowRow::wait_for_window(const std::string& stream, int window) {
    const double until = unix_time() + lateness;
    while (!store_.has_window(stream, window)) {
        if (!supervisor_.runs(ingest_job(stream))) return Stored::no;
        if (unix_time() >= until) {
            hooks_.say("stream " + stream + ": window " + std::to_string(window) + " is late");
            return Stored::late;
        }
        pump(tick / 2);
    }
    return Stored::yes;
}

bool WindowRow::run_window(int window) {
    bool goes_on = false;
    std::vector<std::string> streams;
    for (const auto& stream : alive()) {
        const Stored stored = wait_for_window(stream, window - 1);
        goes_on = goes_on || stored == Stored::late;
        // Streams whose video has ended take part no longer.
        if (stored == Stored::yes && !store_.window(stream, window - 1).last)
            streams.push_back(stream);
    }
    if (streams.empty()) return goes_on;
    run_window(window, std::move(streams));
    return true;
}

void WindowRow::run_window(int window, std::vector<std::string> streams) {
    StageOptions stages = o_.stages;
    stages.fresh_windows = o_.retrain_every;
    stages.only_drifted = (window - o_.first_window) % o_.retrain_every != 0;
    WindowOptions options = o_.window;
    options.window = window;
    options.streams = std::move(streams);
    options.length = wall();
    options.left = std::min(begin_of(window + 1) - unix_time(), options.length);
    if (options.left <= 0) return hooks_.say("window " + std::to_string(window) + " is over");
    const auto supervise = [this](const JobEnd& end) { (void)supervisor_.ended(end); };
    StoreJobs jobs(store_, window, stages, jobs_, supervise);
    LiveServing serving(store_, {endpoint("control"), {}, o_.on_cpu, options.streams}, hooks_.say);
    WindowHooks hooks = store_hooks(store_, hooks_.say);
    hooks.check = [this] {
        if (&jobs_ != &here_)
            pump(0);
        else if (hooks_.check)
            hooks_.check();
        supervisor_.step();
    };
    const auto when = "window " + std::to_string(window) + ": ";
    try {
        JournalFile journal(o_.journal.empty() ? fs::path()
                                               : window_logs(store_, window) / o_.journal);
        const auto outcome = run_journaled(options, clock_, jobs, serving, hooks, journal);
        for (const auto& [stream, why] : outcome.failed)
            hooks_.say("stream " + stream + ": " + why);
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& e) {
        hooks_.say(when + e.what() + "; the streams go on with the models they have");
    }
}

/// One line for people when a window is over.
void WindowRow::report(int window) const {
    std::ostringstream line;
    line << "window " << window << ":";
    for (const auto& stream : alive()) {
        const auto result = store_.accuracy(stream, window);
        if (!result) continue;
        line << "  " << stream << ' ';
        if (result->accuracy)
            line << std::lround(100 * *result->accuracy) << " %";
        else
            line << '-';
        const auto& models = result->models;
        if (models.size() > 1)
            line << " (new model after "
                 << std::round(10 * (models.back().from_time - models.front().from_time)) / 10
                 << " s)";
    }
    hooks_.say(line.str());
}

void WindowRow::close() {
    for (const auto& stream : alive()) {
        while (supervisor_.runs(ingest_job(stream))) pump(tick);
        if (supervisor_.exit_code(ingest_job(stream)) != 0)
            fail(stream, last_error(o_.store / "logs" / (ingest_job(stream) + ".log"), stream));
    }
    // The end of the stream ends inference, once it has worked off what waits in its queue.
    const double until = unix_time() + drain;
    for (const auto& stream : o_.streams) {
        const std::string job = infer_job(stream);
        while (supervisor_.runs(job) && unix_time() < until) pump(tick);
        if (supervisor_.runs(job)) supervisor_.stop(job);
        while (supervisor_.runs(job)) pump(tick);
        const int code = supervisor_.exit_code(job).value_or(1);
        if (code != 0 && code != terminated)
            fail(stream, "inference ended with exit code " + std::to_string(code) + ": " +
                             last_error(o_.store / "logs" / (job + ".log"), stream));
    }
}

void WindowRow::fail(const std::string& stream, const std::string& why) {
    const std::string text = why.empty() ? "see the logs in " + (o_.store / "logs").string() : why;
    if (failed_.emplace(stream, text).second) hooks_.say("stream " + stream + ": " + text);
}

std::vector<std::string> WindowRow::alive() const {
    std::vector<std::string> ids;
    for (const auto& id : o_.streams)
        if (!failed_.contains(id)) ids.push_back(id);
    return ids;
}

}  // namespace ekya
