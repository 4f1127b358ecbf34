#include "ekya/window/window_row.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

#include "ekya/core/columns.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/live_window.hpp"
#include "ekya/window/window_agreement.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds tick = 0.1;
constexpr Seconds before_start = 1.5;  // ingestion opens its sources meanwhile
constexpr Seconds lateness = 10;       // that a window may be stored late
constexpr int most_late = 3;           // windows in a row, then the stream has failed
constexpr Seconds drain = 10;          // for what waits in a queue when the video has ended
constexpr Seconds longest_start = 60;  // of inference, before the others begin without it
constexpr int terminated = 143;

std::string ingest_job(const std::string& stream) { return StreamPrograms::ingestion_name(stream); }
std::string infer_job(const std::string& stream) { return StreamPrograms::inference_name(stream); }

}  // namespace

WindowRow::WindowRow(RowOptions options, Executor& here, Executor& jobs, Clock& clock, Hooks hooks)
    : o_(std::move(options)),
      store_(o_.programs.store),
      here_(here),
      jobs_(jobs),
      clock_(clock),
      hooks_(std::move(hooks)),
      supervisor_(here, clock, hooks_.say),
      programs_(o_.programs),
      state_(o_.programs.store, "ekya-loop", clock) {}

std::map<std::string, std::string> WindowRow::run() {
    start_inference();
    start_ = run_time() + before_start;
    if (hooks_.on_start) hooks_.on_start(start_);
    start_ingestion();
    int window = from();
    for (; o_.windows == 0 || window < o_.first_window + o_.windows; ++window) {
        wait_until(begin_of(window));
        window_ = window;
        if (!run_window(window)) break;
        if (window > from()) report(window - 1);
    }
    close();
    report(window - 1);
    return failed_;
}

// --- the programs that last ----------------------------------------------------------------------

/// After a crash it goes on with the window it was in.
JobRequest WindowRow::ingestion(const std::string& stream, int restarts) const {
    const auto newest = newest_window(store_, stream);
    StreamPrograms::Recording recording;
    recording.from = from();
    if (restarts > 0 && newest) recording.from = std::max(from(), *newest + 1);
    recording.start_at = begin_of(recording.from);
    if (o_.windows > 0)
        recording.windows = std::max(o_.first_window + o_.windows - recording.from, 1);
    return programs_.ingestion(stream, recording);
}

/// A model that loads in the first window would cost it frames.
void WindowRow::start_inference() {
    for (const auto& stream : o_.streams)
        supervisor_.keep(infer_job(stream), "stream " + stream + ": inference",
                         [this, stream](int restarts) {
                             return programs_.inference(stream, restarts > 0 || o_.from > 0);
                         });
    const Seconds until = clock_.now() + longest_start;
    for (const auto& stream : o_.streams)
        while (!programs_.listens(stream) && supervisor_.runs(infer_job(stream)) &&
               clock_.now() < until)
            pump(tick / 2);
}

void WindowRow::start_ingestion() {
    for (const auto& stream : o_.streams)
        supervisor_.keep(ingest_job(stream), "stream " + stream + ": ingestion",
                         [this, stream](int restarts) { return ingestion(stream, restarts); });
}

/// Looks after the programs for so long.
void WindowRow::pump(Seconds limit) {
    if (hooks_.check) hooks_.check();
    for (const auto& end : here_.wait(std::min(limit, tick))) (void)supervisor_.ended(end);
    supervisor_.step();
    note_state();
}

/// For those who look at the store from outside.
void WindowRow::note_state() {
    if (!state_.is_due()) return;
    RunState state;
    state.window_seconds = wall();
    state.window = window_;
    state.window_ends =
        start_ > 0 ? unix_time() + begin_of(window_ ? *window_ + 1 : from()) - run_time() : 0;
    for (const auto& stream : o_.streams) {
        RunCamera entry;
        entry.stream = stream;
        entry.ingestion = program_state(supervisor_, ingest_job(stream), start_ > 0);
        entry.inference = program_state(supervisor_, infer_job(stream), true);
        entry.restarts =
            supervisor_.restarts(ingest_job(stream)) + supervisor_.restarts(infer_job(stream));
        if (const auto failed = failed_.find(stream); failed != failed_.end())
            entry.problem = printable(without_secrets(failed->second), limits::quoted_bytes);
        state.cameras.push_back(std::move(entry));
    }
    state_.note(std::move(state));
}

void WindowRow::wait_until(double time) {
    while (run_time() < time) pump(time - run_time());
}

// --- windows -------------------------------------------------------------------------------------

WindowRow::Stored WindowRow::wait_for_window(const std::string& stream, int window) {
    // One that was late before holds up no others again.
    const double until = run_time() + (late_[stream] > 0 ? 0 : lateness);
    while (!store_.has_window(stream, window)) {
        if (!supervisor_.runs(ingest_job(stream))) return Stored::no;
        if (run_time() >= until) {
            hooks_.say("stream " + stream + ": window " + std::to_string(window) + " is late");
            if (++late_[stream] >= most_late) give_up(stream);
            return Stored::late;
        }
        pump(tick / 2);
    }
    late_[stream] = 0;
    return Stored::yes;
}

/// Whether the window before this one is damaged, and so out of the way.
bool WindowRow::is_set_aside(const std::string& stream, int window) const {
    for (const auto& text : set_aside_damaged(store_, stream, window)) hooks_.say(text);
    return !store_.has_window(stream, window - 1);
}

bool WindowRow::run_window(int window) {
    bool goes_on = false;
    std::vector<std::string> streams;
    for (const auto& stream : alive()) {
        const Stored stored = wait_for_window(stream, window - 1);
        goes_on = goes_on || stored == Stored::late;
        if (stored == Stored::yes && is_set_aside(stream, window)) {
            goes_on = true;
            continue;
        }
        // Streams whose video has ended take part no longer.
        if (stored == Stored::yes && !store_.window(stream, window - 1).last)
            streams.push_back(stream);
    }
    if (streams.empty()) return goes_on;
    run_window(window, std::move(streams));
    return true;
}

/// One that is deaf would never take a new model.
void WindowRow::look_at_inference(const std::string& stream) {
    const std::string job = infer_job(stream);
    if (supervisor_.runs(job) && !supervisor_.waits(job) && programs_.listens(stream))
        supervisor_.note_answer(job, programs_.answers_requests(stream));
}

void WindowRow::run_window(int window, std::vector<std::string> streams) {
    for (const auto& stream : streams) look_at_inference(stream);
    LiveWindow live{
        o_.window, o_.programs.stages, {programs_.control(), {}, o_.on_cpu, {}}, o_.journal};
    live.stages.fresh_windows = o_.retrain_every;
    live.stages.only_drifted = (window - o_.first_window) % o_.retrain_every != 0;
    auto& options = live.options;
    options.window = window;
    options.streams = std::move(streams);
    options.length = wall();
    options.left = std::min(begin_of(window + 1) - run_time(), options.length);
    if (options.left <= 0) return hooks_.say("window " + std::to_string(window) + " is over");
    const auto check = [this] {
        if (&jobs_ != &here_)
            pump(0);
        else if (hooks_.check)
            hooks_.check();
        supervisor_.step();
        note_state();
    };
    try {
        const auto outcome =
            run_live_window(std::move(live), store_, jobs_, clock_, check, hooks_.say,
                            [this](const JobEnd& end) { (void)supervisor_.ended(end); });
        for (const auto& [stream, why] : outcome.failed)
            hooks_.say("stream " + stream + ": " + why);
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& e) {  // of the file system too
        hooks_.say("window " + std::to_string(window) + ": " + e.what() +
                   "; the streams go on with the models they have");
    }
}

void WindowRow::give_up(const std::string& stream) {
    fail(stream, "none of its last " + std::to_string(most_late) + " windows was stored");
    for (const auto& job : {ingest_job(stream), infer_job(stream)})
        if (supervisor_.runs(job)) supervisor_.stop(job);
}

/// For people, when a window is over.
void WindowRow::report(int window) const {
    std::vector<std::string> cells;
    for (const auto& stream : alive()) {
        const auto result = store_.accuracy(stream, window);
        if (!result) continue;
        std::ostringstream cell;
        cell << stream << ' ' << score_text(store_, stream, window);
        const auto& models = result->models;
        if (models.size() > 1)
            cell << " (new model after "
                 << std::round(10 * (models.back().from_time - models.front().from_time)) / 10
                 << " s)";
        cells.push_back(cell.str());
    }
    for (const auto& line : in_columns("window " + std::to_string(window) + ":", cells))
        hooks_.say(line);
}

void WindowRow::close() {
    // Ingestion ends with the last window, or with the video.
    const double over = o_.windows > 0 ? begin_of(o_.first_window + o_.windows) + lateness
                                       : std::numeric_limits<double>::infinity();
    for (const auto& stream : alive()) {
        const std::string job = ingest_job(stream);
        while (supervisor_.runs(job) && run_time() < over) pump(tick);
        if (supervisor_.runs(job)) {
            hooks_.say("stream " + stream + ": its recording does not end and is ended");
            supervisor_.stop(job);
        }
        while (supervisor_.runs(job)) pump(tick);
        if (supervisor_.exit_code(ingest_job(stream)) != 0)
            fail(stream, last_error(programs_.log(ingest_job(stream)), stream));
    }
    // The end of the stream ends inference, once it has worked off what waits in its queue.
    const double until = run_time() + drain;
    for (const auto& stream : o_.streams) {
        const std::string job = infer_job(stream);
        while (supervisor_.runs(job) && run_time() < until) pump(tick);
        if (supervisor_.runs(job)) supervisor_.stop(job);
        while (supervisor_.runs(job)) pump(tick);
        const int code = supervisor_.exit_code(job).value_or(1);
        if (code != 0 && code != terminated)
            fail(stream, "inference ended with exit code " + std::to_string(code) + ": " +
                             last_error(programs_.log(job), stream));
    }
}

void WindowRow::fail(const std::string& stream, const std::string& why) {
    const std::string text =
        why.empty() ? "see the logs in " + (o_.programs.store / "logs").string() : why;
    if (failed_.emplace(stream, text).second) hooks_.say("stream " + stream + ": " + text);
}

std::vector<std::string> WindowRow::alive() const {
    std::vector<std::string> ids;
    for (const auto& id : o_.streams)
        if (!failed_.contains(id)) ids.push_back(id);
    return ids;
}

}  // namespace ekya
