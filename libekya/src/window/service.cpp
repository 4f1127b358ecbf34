#include "ekya/window/service.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "ekya/core/columns.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/live_window.hpp"
#include "ekya/window/next_window.hpp"
#include "ekya/window/window_agreement.hpp"
#include "ekya/wire/stream_list.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds tick = 0.1;
constexpr Seconds look_every = 1;      // at the list and the disk
constexpr Seconds before_start = 1.5;  // ingestion opens its sources meanwhile
constexpr Seconds trouble_every = 30;  // is told of
constexpr int most_late = 3;           // windows in a row
constexpr double gigabyte = 1e9;
constexpr double room_to_go_on = 1.2;    // times the least free space
constexpr double uncounted_part = 0.1;   // of --keep-gigabytes, beyond which that is told of
constexpr double retention_part = 0.02;  // of all time, for looking through the store
constexpr std::size_t report_columns = line_columns - 21;  // behind the time
constexpr double base_share = 0.25;  // of all devices, for each base model while others serve

std::string ingestion(const std::string& id) { return StreamPrograms::ingestion_name(id); }
std::string inference(const std::string& id) { return StreamPrograms::inference_name(id); }

bool same_video(const StreamSource& a, const StreamSource& b) {
    return a.source == b.source && a.annotations == b.annotations && a.fps == b.fps &&
           a.allow == b.allow;
}

}  // namespace

Service::Service(ServiceOptions options, Boxes& boxes, Clock& clock, Hooks hooks)
    : o_(std::move(options)),
      store_(o_.programs.store),
      boxes_(boxes),
      clock_(clock),
      hooks_(std::move(hooks)),
      programs_(o_.programs),
      base_jobs_(store_, o_.base),
      supervisor_(boxes.here(), clock, hooks_.say, tried_for_ever()),
      events_(store_, clock, hooks_.event),
      stamps_(3600 * std::max(o_.retention.keep_hours, 1.0)),
      state_(o_.programs.store, "ekya-serve", clock) {
    read_list(true);
    std::vector<std::string> listed;
    for (const auto& entry : cameras_) listed.push_back(entry.first);
    // A camera that has left the list may come back: what it has recorded keeps its numbers.
    first_ = next_window(store_, listed, hooks_.say);
}

void Service::run() {
    start_ = run_time() + before_start;
    started_ = clock_.now() + before_start;
    announce();
    for (int window = first_;;) {
        look_after_cameras();
        wait_until(begin_of(window));
        window_ = window;
        if (window > first_) {
            guarded("windows", [&] { take_turn(window); });
            guarded("retention", [&] { apply_retention(); });
        }
        window = std::max(window + 1, window_at(now()));
    }
}

/// Nothing else is to be seen for the first windows.
void Service::announce() const {
    const auto have_none = std::count_if(cameras_.begin(), cameras_.end(), [&](const auto& entry) {
        return lacks_model(entry.first);
    });
    std::string text = std::to_string(cameras_.size()) + " cameras, windows of " +
                       to_text(o_.programs.seconds) + " s";
    if (have_none > 0)
        text += "; " + std::to_string(have_none) + " have no model yet: one is trained on " +
                base_windows_text() + ", from " +
                utc_text(start_ + o_.base.windows * o_.programs.seconds) + " on";
    hooks_.say(text);
}

/// A model of this camera. What cannot be read of one camera is no matter of the others.
bool Service::serves(const std::string& id) const try {
    return store_.serving(id).has_value();
} catch (const std::exception&) {
    return false;
}

/// A record that cannot be read just now is no reason to begin anew.
bool Service::lacks_model(const std::string& id) const try {
    return !store_.serving(id);
} catch (const std::exception&) {
    return false;
}

std::string Service::base_windows_text() const {
    return std::to_string(o_.base.windows) + " windows of " + to_text(o_.programs.seconds) + " s";
}

void Service::take_turn(int window) {
    auto ready = wait_for_windows(window - 1);
    begin_base_models(window);
    run_window(window, std::move(ready));
    report(window - 1);
}

int Service::window_at(double time) const {
    return first_ +
           std::max(0, static_cast<int>(std::floor((time - start_) / o_.programs.seconds)));
}

// --- the list ------------------------------------------------------------------------------------

void Service::read_list(bool first) {
    std::error_code code;
    list_time_ = fs::last_write_time(o_.list, code);
    if (first) return take(read_stream_list(o_.list));
    try {
        take(read_stream_list(o_.list));
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& e) {
        hooks_.say(std::string("the stream list is not taken over: ") + e.what());
    }
}

/// Jobs on other boxes read the list itself, which they share with this one; what they read of it
/// is of no harm to the programs that last.
void Service::keep_list(const std::vector<StreamSource>& sources) {
    const auto kept = programs_.keep_list(sources).string();
    if (!boxes_.jobs_are_here()) return;
    o_.programs.stages.streams = o_.base.stages.streams = kept;
    base_jobs_ = BaseModelJobs(store_, o_.base);
}

void Service::take(std::vector<StreamSource> sources) {
    keep_list(sources);
    std::vector<std::string> added;
    for (const auto& source : sources) {
        const auto found = cameras_.find(source.id);
        if (found == cameras_.end()) {
            add(source);
            added.push_back(source.id);
            continue;
        }
        Camera& camera = found->second;
        const bool same =
            same_video(camera.source, source) && camera.source.classes == source.classes;
        if (!same) hooks_.say("stream " + source.id + ": the list says something new of it");
        camera.source = source;
        if (same) continue;
        camera.renewed = camera.check_classes = true;
        camera.ended = camera.recorded = false;
    }
    for (const auto& id : added)
        if (lacks_model(id) && store_.windows(id).empty()) adopt_model(cameras_.at(id).source);
    std::erase_if(cameras_, [&](const auto& entry) {
        const auto& id = entry.first;
        const bool stays = std::any_of(sources.begin(), sources.end(),
                                       [&](const auto& source) { return source.id == id; });
        if (stays) return false;
        hooks_.say("stream " + id + ": is in the list no longer; what it has learned stays");
        for (const auto* job : {&entry.second.base_job, &entry.second.fit_job})
            if (!job->empty()) boxes_.jobs().order(*job, {JobOrder::State::stop, 0});
        leaving_.insert({ingestion(id), inference(id)});
        return true;
    });
}

void Service::add(const StreamSource& source) {
    for (const auto& text : set_aside_damaged_serving(store_, source.id)) hooks_.say(text);
    cameras_[source.id].source = source;
    leaving_.erase(ingestion(source.id));
    leaving_.erase(inference(source.id));
}

/// The serving model of the first camera with the same classes, as its own.
void Service::adopt_model(const StreamSource& source) {
    for (const auto& [id, camera] : cameras_) {
        if (id == source.id || camera.source.classes != source.classes) continue;
        try {
            const auto serving = store_.serving(id);
            if (!serving) continue;
            ModelCard card = store_.model(id, *serving);
            if (card.classes != source.classes) continue;
            const fs::path weights = store_.weights_file(id, *serving);
            card.parent_stream = std::exchange(card.stream, source.id);
            card.parent = std::exchange(card.id, "base");
            card.window = -1;
            card.data_windows.clear();
            card.promotion.reset();
            card.accuracy.reset();  // was measured on the other camera
            card.parent_accuracy.reset();
            card = store_.write_model(card, [&](const fs::path& file) {
                fs::copy_file(weights, file, fs::copy_options::overwrite_existing);
            });
            store_.set_serving(source.id, card.id);
            return hooks_.say("stream " + source.id + ": begins with the model of " + id);
        } catch (const std::exception& e) {
            hooks_.say("stream " + source.id + ": cannot begin with the model of " + id + ": " +
                       e.what());
        }
    }
}

bool Service::list_changed() {
    std::error_code code;
    const auto time = fs::last_write_time(o_.list, code);
    return !code && time != list_time_;
}

// --- the programs that last ----------------------------------------------------------------------

/// Between windows: then all ends of jobs are the service's own.
void Service::pump(Seconds limit) {
    hooks_.check();
    take_ends(boxes_.here(), std::min(limit, tick));
    if (!boxes_.jobs_are_here()) take_ends(boxes_.jobs(), 0);
    look_after_cameras();
}

/// What goes wrong with one is no matter of the others.
void Service::take_ends(Executor& executor, Seconds limit) {
    guarded("programs", [&] {
        for (const auto& end : executor.wait(limit)) guarded("programs", [&] { ended(end); });
    });
}

/// While a window runs: ends of jobs where its own jobs run are for it to take first.
void Service::look_aside() {
    hooks_.check();
    if (!boxes_.jobs_are_here()) take_ends(boxes_.here(), 0);
    look_after_cameras();
}

void Service::wait_until(double time) {
    while (now() < time) pump(time - now());
}

/// What goes wrong, be it a full disk or a damaged file, is told now and then and tried again.
void Service::guarded(const char* what, const std::function<void()>& work) try {
    work();
} catch (const Interrupted&) {
    throw;
} catch (const std::exception& e) {
    if (clock_.now() < next_trouble_) return;
    next_trouble_ = clock_.now() + trouble_every;
    hooks_.say(std::string(what) + ": " + e.what());
}

void Service::look_after_cameras() {
    guarded("programs", [this] { supervisor_.step(); });
    const bool look = clock_.now() >= next_look_;
    if (look) next_look_ = clock_.now() + look_every;
    if (hooks_.reload() || (look && list_changed())) read_list(false);
    if (look) look_at_disk();
    if (look) guarded("events", [this] { look_for_events(); });
    for (const auto& program : leaving_)
        if (supervisor_.runs(program)) supervisor_.stop(program);
    std::erase_if(leaving_, [this](const auto& program) { return !supervisor_.runs(program); });
    for (auto& entry : cameras_)
        guarded("programs", [&] { look_after(entry.first, entry.second); });
    if (look) note_state();
}

void Service::look_after(const std::string& id, Camera& camera) {
    const std::string record = ingestion(id), serve = inference(id);
    if (std::exchange(camera.renewed, false)) leaving_.insert({record, serve});
    if (std::exchange(camera.check_classes, false)) look_at_classes(id, camera);
    if (camera.recorded && supervisor_.exit_code(record) == 0) {
        camera.recorded = false;
        camera.ended = true;
        const bool too_short = lacks_model(id) && camera.base_job.empty() &&
                               static_cast<int>(store_.windows(id).size()) < o_.base.windows;
        hooks_.say("stream " + id + ": its video has ended" +
                   (too_short ? ", with less than the " + base_windows_text() +
                                    " that a base model is trained on"
                              : ""));
    }
    const bool wanted = recording_ && !camera.ended;
    if (wanted && !supervisor_.runs(record) && !leaving_.contains(record)) {
        keep_ingestion(id);
        camera.recorded = true;
    }
    if (!wanted && supervisor_.runs(record)) leaving_.insert(record);
    if (!supervisor_.runs(serve) && !leaving_.contains(serve) && store_.serving(id))
        keep_inference(id);
}

/// It records from the window that runs now on, or the one behind what it has recorded.
void Service::keep_ingestion(const std::string& id) {
    supervisor_.keep(ingestion(id), "stream " + id + ": ingestion", [this, id](int) {
        const int running = window_at(now());
        const int behind = newest_window(store_, id).value_or(-1) + 1;
        StreamPrograms::Recording recording;
        // A window of the future is none that this service has recorded.
        recording.from = std::clamp(behind, running, running + 1);
        recording.start_at = begin_of(recording.from);
        recording.frames = StreamPrograms::Recording::Frames::published;
        return programs_.ingestion(id, recording);
    });
}

void Service::keep_inference(const std::string& id) {
    supervisor_.keep(inference(id), "stream " + id + ": inference", [this, id](int) {
        std::error_code code;
        const auto size = fs::file_size(programs_.answers(id), code);
        return programs_.inference(id, !code && size > 0);
    });
}

void Service::look_for_events() {
    std::vector<std::string> ids;
    for (const auto& entry : cameras_) ids.push_back(entry.first);
    events_.look_at(ids);
}

void Service::look_at_disk() {
    const auto free = static_cast<double>(free_bytes(store_.root())) / gigabyte;
    const double least = o_.least_free_gigabytes * (recording_ ? 1 : room_to_go_on);
    if (recording_ == (free >= least)) return;
    recording_ = !recording_;
    std::ostringstream text;
    text << "the disk has " << std::floor(100 * free) / 100 << " GB left: "
         << (recording_ ? "recording goes on" : "nothing is recorded until there is room");
    hooks_.say(text.str());
    events_.disk(!recording_, text.str());
}

/// For those who look at the store from outside.
void Service::note_state() {
    RunState state;
    state.window_seconds = o_.programs.seconds;
    state.window = window_;
    state.window_ends = unix_time() + (window_ ? begin_of(*window_ + 1) : start_) - now();
    state.recording = recording_;
    for (const auto& [id, camera] : cameras_) {
        RunCamera entry;
        entry.stream = id;
        entry.ingestion = program_state(supervisor_, ingestion(id), camera.ended);
        entry.inference = program_state(supervisor_, inference(id), false);
        entry.restarts = supervisor_.restarts(ingestion(id)) + supervisor_.restarts(inference(id));
        entry.problem = printable(without_secrets(camera.fit_problem), limits::quoted_bytes);
        state.cameras.push_back(std::move(entry));
    }
    state_.note(std::move(state));
}

void Service::ended(const JobEnd& end) {
    if (supervisor_.ended(end)) return;
    for (auto& entry : cameras_) {
        const std::string& id = entry.first;
        Camera& camera = entry.second;
        if (fitted(end, id, camera)) return;
        if (camera.base_job != end.name) continue;
        camera.base_job.clear();
        if (end.record.exit_code == 0)
            return guarded("base models", [&] { next_base_job(id, camera); });
        camera.base_windows.clear();
        const std::string why =
            last_error(store_.root() / "logs" / (end.name.substr(5) + ".log"), id);
        const auto trouble = labelling_trouble(store_, id);
        hooks_.say("stream " + id +
                   ": no base model yet: " + (why.empty() ? end.name + " failed" : why) +
                   (trouble.empty() ? "" : "; " + trouble) + "; tried again with the next window");
        return;
    }
}

// --- windows -------------------------------------------------------------------------------------

/// Cameras that have a model and have recorded the window. Those that record now may be a little
/// late.
std::vector<std::string> Service::wait_for_windows(int window) {
    const double until = begin_of(window + 1) + lateness();
    const auto is_awaited = [&](const auto& entry) {
        const auto& [id, camera] = entry;
        const bool is_steady = store_.has_window(id, window - 1) || store_.windows(id).empty();
        return supervisor_.runs(ingestion(id)) && !supervisor_.waits(ingestion(id)) && is_steady &&
               !store_.has_window(id, window);
    };
    while (now() < until && std::any_of(cameras_.begin(), cameras_.end(), is_awaited))
        pump(tick / 2);
    std::vector<std::string> ready;
    for (auto& entry : cameras_) {
        const std::string& id = entry.first;
        // A camera whose clock runs slow is late again and again: it is recorded anew from here.
        entry.second.late = is_awaited(entry) ? entry.second.late + 1 : 0;
        if (entry.second.late >= most_late) {
            hooks_.say("stream " + id + ": its windows come late; its recording is started again");
            leaving_.insert(ingestion(id));
            entry.second.late = 0;
        }
        guarded("windows", [&] {
            for (const auto& text : set_aside_damaged(store_, id, window + 1)) hooks_.say(text);
        });
        // A model that came with the last window may have the classes of an earlier list.
        guarded("classes", [&] { look_at_classes(id, entry.second); });
        guarded("windows", [&] {
            if (!entry.second.unfit && serves(id) && store_.has_window(id, window) &&
                !store_.window(id, window).last)
                ready.push_back(id);
        });
    }
    return ready;
}

/// One that is deaf would never take a new model.
void Service::look_at_inference(const std::string& id) {
    const std::string job = inference(id);
    if (supervisor_.runs(job) && !supervisor_.waits(job) && programs_.listens(id))
        supervisor_.note_answer(job, programs_.answers_requests(id));
}

void Service::run_window(int window, std::vector<std::string> streams) {
    if (streams.empty()) return;
    for (const auto& id : streams) look_at_inference(id);
    programs_.look_after_list();
    LiveWindow live{o_.window, o_.programs.stages, {programs_.control(), {}, o_.on_cpu, {}}};
    live.options.window = window;
    live.options.streams = std::move(streams);
    live.options.length = o_.programs.seconds;
    live.options.left = std::min(begin_of(window + 1) - now(), live.options.length);
    if (live.options.left <= 0)
        return hooks_.say("window " + std::to_string(window) + " is over already");
    const auto check = [this] { look_aside(); };
    const auto taking_part = live.options.streams;
    try {
        const auto outcome = run_live_window(std::move(live), store_, boxes_.jobs(), clock_, check,
                                             hooks_.say, [this](const JobEnd& end) { ended(end); });
        for (const auto& [stream, why] : outcome.failed)
            hooks_.say("stream " + stream + ": " + why);
        events_.window_over(window, taking_part);
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& e) {
        hooks_.say("window " + std::to_string(window) + ": " + e.what() +
                   "; the streams go on with the models they have");
    }
}

// --- classes -------------------------------------------------------------------------------------

/// A model may have classes that the list no longer names: a job takes them out. Until then it
/// serves as it is.
void Service::look_at_classes(const std::string& id, Camera& camera) {
    camera.unfit = needs_fitting(store_, camera.source);
    if (!camera.unfit || !camera.fit_job.empty()) return;
    programs_.look_after_list();
    const auto request = base_jobs_.fitting(id);
    boxes_.jobs().start(request);
    camera.fit_job = request.name;
}

/// @return whether that job has ended
bool Service::fitted(const JobEnd& end, const std::string& id, Camera& camera) {
    if (camera.fit_job.empty() || camera.fit_job != end.name) return false;
    camera.fit_job.clear();
    if (end.record.exit_code == 0) {
        camera.check_classes = true;  // the list may have changed meanwhile
        camera.fit_problem.clear();
        leaving_.insert(inference(id));
        hooks_.say("stream " + id + ": its model answers in the classes of the list");
    } else {
        // It is tried again in every window; what stays the same is said once.
        auto why = last_error(store_.root() / "logs" / (id + ".fit.log"), id);
        if (why.empty()) why = end.name + " failed";
        if (std::exchange(camera.fit_problem, why) != why)
            hooks_.say("stream " + id +
                       ": its model goes on as it is, and is not retrained: " + why);
    }
    return true;
}

// --- base models ---------------------------------------------------------------------------------

/// For cameras without a model that have recorded enough.
void Service::begin_base_models(int window) {
    for (auto& entry : cameras_) {
        const std::string& id = entry.first;
        Camera& camera = entry.second;
        if (!lacks_model(id) || !camera.base_job.empty() || camera.base_tried == window) continue;
        auto windows = newest_windows(store_, id, o_.base.windows);
        if (static_cast<int>(windows.size()) < o_.base.windows) continue;
        camera.base_tried = window;
        std::erase_if(windows, [&](int w) { return store_.has_labels(id, w); });
        camera.base_windows = std::move(windows);
        guarded("base models", [&] { next_base_job(id, camera); });
    }
}

void Service::next_base_job(const std::string& id, Camera& camera) {
    if (serves(id)) {
        const auto trouble = labelling_trouble(store_, id);
        return hooks_.say("stream " + id + ": its base model serves" +
                          (trouble.empty() ? "" : "; " + trouble));
    }
    const bool train = camera.base_windows.empty();
    programs_.look_after_list();
    JobRequest request =
        train ? base_jobs_.training(id) : base_jobs_.labelling(id, camera.base_windows.front());
    const bool others_serve = std::any_of(cameras_.begin(), cameras_.end(),
                                          [&](const auto& entry) { return serves(entry.first); });
    if (others_serve) request.share = base_share * o_.window.plan.gpus;
    boxes_.jobs().start(request);
    camera.base_job = request.name;
    if (!train) camera.base_windows.erase(camera.base_windows.begin());
}

// --- what is left --------------------------------------------------------------------------------

void Service::report(int window) const {
    std::vector<std::string> cells;
    for (const auto& [id, camera] : cameras_) {
        const auto score = score_text(store_, id, window);
        const bool waits = score == "-" && !serves(id);
        cells.push_back(id + ' ' + (waits ? "no model yet" : score));
    }
    for (const auto& line :
         in_columns("window " + std::to_string(window) + ":", cells, report_columns))
        hooks_.say(line);
}

void Service::apply_retention() {
    const double now_in_stamps = stamps_.now(run_time(), unix_time());
    if (!o_.retention.any()) return;
    if (clock_.now() < next_retention_) return (void)prune_frames(store_, o_.retention);
    const Seconds begun = clock_.now();
    const Pruned pruned = prune(store_, o_.retention, now_in_stamps);
    next_retention_ = clock_.now() + (clock_.now() - begun) / retention_part;
    // Each is said once, not in every window.
    if (std::exchange(retention_problem_, pruned.why) != pruned.why && pruned.stuck > 0)
        hooks_.say(std::to_string(pruned.stuck) +
                   " things of the store cannot be deleted, such as " + pruned.why);
    const double uncounted = static_cast<double>(pruned.uncounted) / gigabyte;
    const bool much =
        o_.retention.keep_gigabytes > 0 && uncounted > uncounted_part * o_.retention.keep_gigabytes;
    if (std::exchange(uncounted_told_, much) != much && much)
        hooks_.say("the store holds " + std::to_string(std::llround(uncounted)) +
                   " GB that count towards no limit and are never deleted: what is in quarantine, "
                   "and files of others");
    if (pruned.too_much)
        hooks_.say("the store holds more than it may: all that is left is still needed");
}

}  // namespace ekya
