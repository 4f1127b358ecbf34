#include "ekya/window/journal.hpp"

#include <cmath>
#include <sstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/line_file.hpp"
#include "ekya/core/text.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
using What = WindowEvent::What;
namespace {

/// Shares that are the same in a replay; they are written with all their digits.
constexpr double same_share = 1e-9;
constexpr int most_waits = 1000;  // at the same line: the runner does not do what it did then

WindowEvent event_of(What what, const std::string& stream) {
    WindowEvent event;
    event.what = what;
    event.stream = stream;
    return event;
}

WindowEvent started(const WindowJob& job) {
    WindowEvent event = event_of(What::start, "");
    event.job = job.kind;
    event.streams = job.streams;
    event.value = job.share;
    event.budget = job.budget;
    if (job.retraining) event.config = job.retraining->id();
    return event;
}

WindowEvent ended(const WindowJobEnd& end) {
    WindowEvent event = event_of(What::ended, "");
    event.job = end.kind;
    event.streams = end.streams;
    event.failed = end.failed;
    event.stopped = end.stopped;
    event.model = end.model;
    event.ok = end.promoted;
    event.why = end.why;
    event.granted = end.granted;
    event.used = end.used;
    return event;
}

WindowJobEnd job_end(const WindowEvent& event) {
    return {*event.job, event.streams, event.failed,  event.stopped, event.model,
            event.ok,   event.why,     event.granted, event.used};
}

/// Stands between a runner and its clock, jobs and serving, and writes down what passes.
class Recording : public Clock, public WindowJobs, public Serving {
public:
    Recording(Clock& clock, WindowJobs& jobs, Serving& serving, JournalFile& journal)
        : clock_(clock), jobs_(jobs), serving_(serving), journal_(journal), begun_(clock.now()) {}

    void note(WindowEvent event) {
        event.time = read_ - begun_;
        journal_.write(event);
    }

    [[nodiscard]] Seconds now() const override { return read_ = clock_.now(); }
    void sleep(Seconds duration) override { clock_.sleep(duration); }

    void start(const WindowJob& job) override {
        note(started(job));
        jobs_.start(job);
    }
    void order(const std::string& stream, const JobOrder& order) override {
        WindowEvent event = event_of(What::order, stream);
        event.value = order.share;
        event.state = order.state;
        note(event);
        jobs_.order(stream, order);
    }
    [[nodiscard]] std::optional<double> used(const std::string& stream) override {
        WindowEvent event = event_of(What::used, stream);
        event.value = jobs_.used(stream);
        note(event);
        return event.value;
    }
    [[nodiscard]] std::vector<WindowJobEnd> wait(Seconds limit) override {
        auto ends = jobs_.wait(limit);
        for (const auto& end : ends) note(ended(end));
        return ends;
    }
    [[nodiscard]] std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>& streams) override {
        WindowEvent event = event_of(What::inputs, "");
        event.inputs = jobs_.planning_inputs(streams);
        note(event);
        return event.inputs;
    }

    [[nodiscard]] double reserve() override {
        WindowEvent event = event_of(What::reserve, "");
        event.value = serving_.reserve();
        note(event);
        return *event.value;
    }
    [[nodiscard]] std::optional<double> need(const std::string& stream) override {
        WindowEvent event = event_of(What::need, stream);
        event.value = serving_.need(stream);
        note(event);
        return event.value;
    }
    void hold(const std::string& stream, double share) override {
        WindowEvent event = event_of(What::hold, stream);
        event.value = share;
        note(event);
        serving_.hold(stream, share);
    }
    void configure(const std::string& stream, const InferenceConfig& config) override {
        WindowEvent event = event_of(What::configure, stream);
        event.inference = config;
        note(event);
        serving_.configure(stream, config);
    }
    /// Only looks that showed skipped frames have an effect.
    [[nodiscard]] std::optional<Frames> look(const std::string& stream) override {
        const auto frames = serving_.look(stream);
        if (!frames || frames->skipped == 0) return frames;
        WindowEvent event = event_of(What::look, stream);
        event.analysed = frames->analysed;
        event.skipped = frames->skipped;
        note(event);
        return frames;
    }
    [[nodiscard]] Seconds look_every() const override { return serving_.look_every(); }
    void swap(const std::string& stream, const std::string& model, Seconds limit) override {
        WindowEvent event = event_of(What::swap, stream);
        event.model = model;
        note(event);
        serving_.swap(stream, model, limit);
    }
    [[nodiscard]] std::vector<SwapEnd> swapped() override {
        auto ends = serving_.swapped();
        for (const auto& end : ends) {
            WindowEvent event = event_of(What::swapped, end.stream);
            event.model = end.model;
            event.ok = end.serves;
            event.why = end.why;
            note(event);
        }
        return ends;
    }

private:
    Clock& clock_;
    WindowJobs& jobs_;
    Serving& serving_;
    JournalFile& journal_;
    Seconds begun_;
    mutable Seconds read_ = begun_;  ///< by the runner, last
};

/// Tells a runner what a journal says it was told, and compares what it orders.
class Replay : public Clock, public WindowJobs, public Serving {
public:
    explicit Replay(const std::vector<WindowEvent>& journal) : journal_(journal) {}

    /// The time of the next line, as nothing happened between two lines; behind the last one the
    /// window's end.
    [[nodiscard]] Seconds now() const override {
        const bool over = next_ >= journal_.size();
        return read_ = over ? journal_.front().options->left : journal_[next_].time;
    }
    void sleep(Seconds) override {}

    void start(const WindowJob& job) override { expect(started(job)); }
    void order(const std::string& stream, const JobOrder& order) override {
        WindowEvent event = event_of(What::order, stream);
        event.value = order.share;
        event.state = order.state;
        expect(event);
    }
    [[nodiscard]] std::optional<double> used(const std::string& stream) override {
        return take(What::used, stream).value;
    }
    [[nodiscard]] std::vector<WindowJobEnd> wait(Seconds) override {
        std::vector<WindowJobEnd> ends;
        while (next_is(What::ended)) ends.push_back(job_end(journal_[next_++]));
        waits_ = next_ == waited_at_ ? waits_ + 1 : 0;
        waited_at_ = next_;
        if (waits_ > most_waits) differ("the runner orders nothing");
        return ends;
    }
    [[nodiscard]] std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>&) override {
        return take(What::inputs, "").inputs;
    }

    [[nodiscard]] double reserve() override { return take(What::reserve, "").value.value_or(0); }
    [[nodiscard]] std::optional<double> need(const std::string& stream) override {
        return take(What::need, stream).value;
    }
    void hold(const std::string& stream, double share) override {
        WindowEvent event = event_of(What::hold, stream);
        event.value = share;
        expect(event);
    }
    void configure(const std::string& stream, const InferenceConfig& config) override {
        WindowEvent event = event_of(What::configure, stream);
        event.inference = config;
        expect(event);
    }
    [[nodiscard]] std::optional<Frames> look(const std::string& stream) override {
        if (!happened(What::look) || journal_[next_].stream != stream) return std::nullopt;
        const auto& event = journal_[next_++];
        return Frames{event.analysed, event.skipped};
    }
    [[nodiscard]] Seconds look_every() const override { return 0; }
    void swap(const std::string& stream, const std::string& model, Seconds) override {
        WindowEvent event = event_of(What::swap, stream);
        event.model = model;
        expect(event);
    }
    [[nodiscard]] std::vector<SwapEnd> swapped() override {
        std::vector<SwapEnd> ends;
        while (happened(What::swapped)) {
            const auto& event = journal_[next_++];
            ends.push_back({event.stream, event.model, event.ok, event.why});
        }
        return ends;
    }

    /// @throws DomainError if the journal has lines that were not reached
    void check_end() const {
        if (next_ < journal_.size()) differ("the runner has ended");
    }

private:
    [[nodiscard]] bool next_is(What what) const {
        return next_ < journal_.size() && journal_[next_].what == what;
    }
    /// Not only next, but at the time that the runner has read.
    [[nodiscard]] bool happened(What what) const {
        return next_is(what) && journal_[next_].time <= read_;
    }
    const WindowEvent& take(What what, const std::string& stream) {
        if (!next_is(what) || journal_[next_].stream != stream)
            differ("the runner asks for something else: " + describe(event_of(what, stream)));
        return journal_[next_++];
    }
    /// The runner orders this. @throws DomainError if it ordered something else then
    void expect(const WindowEvent& ordered) {
        if (next_ >= journal_.size()) differ("the runner orders " + describe(ordered));
        const WindowEvent& then = journal_[next_];
        const bool same = then.what == ordered.what && then.stream == ordered.stream &&
                          then.streams == ordered.streams && then.job == ordered.job &&
                          then.config == ordered.config && then.state == ordered.state &&
                          then.inference == ordered.inference && then.model == ordered.model &&
                          close(then.value, ordered.value) && close(then.budget, ordered.budget);
        if (!same) differ("the runner orders " + describe(ordered));
        ++next_;
    }
    static bool close(const std::optional<double>& a, const std::optional<double>& b) {
        return a.has_value() == b.has_value() && (!a || std::abs(*a - *b) <= same_share);
    }
    static std::string describe(const WindowEvent& event) { return to_line(encode(event)); }
    [[noreturn]] void differ(const std::string& text) const {
        std::ostringstream message;
        message << "line " << next_ + 2 << ": ";
        if (next_ < journal_.size())
            message << describe(journal_[next_]) << "; ";
        else
            message << "the journal ends; ";
        throw DomainError(message.str() + text);
    }

    const std::vector<WindowEvent>& journal_;
    std::size_t next_ = 1;      ///< the first line are the options
    mutable Seconds read_ = 0;  ///< by the runner, last
    std::size_t waited_at_ = 0;
    int waits_ = 0;  ///< at the same line
};

}  // namespace

JournalFile::JournalFile(fs::path file, std::function<void(const std::string&)> say)
    : path_(std::move(file)), say_(std::move(say)) {
    if (path_.empty()) return;
    std::error_code ignored;
    fs::remove(path_, ignored);  // a link or a pipe of this name is not written to
    file_.open(path_, std::ios::trunc);
    if (file_) return;
    file_.close();
    if (say_) say_(path_.string() + ": cannot be written; the window goes without its journal");
}

void JournalFile::write(const WindowEvent& event) {
    if (!file_.is_open()) return;
    if (file_ << to_line(encode(event)) << std::endl) return;
    file_.close();
    if (say_) say_(path_.string() + ": cannot be written to its end; is the disk full?");
}

WindowOutcome run_journaled(WindowOptions options, Clock& clock, WindowJobs& jobs, Serving& serving,
                            WindowHooks hooks, JournalFile& journal) {
    WindowEvent began;
    began.streams = options.streams;
    began.options = options;
    journal.write(began);
    Recording recording(clock, jobs, serving, journal);
    return WindowRunner(std::move(options), recording, recording, recording, std::move(hooks))
        .run();
}

WindowOutcome replay_window(const std::vector<WindowEvent>& journal, WindowHooks hooks) {
    if (journal.empty() || !journal.front().options)
        throw DomainError("line 1: does not hold the window's options");
    Replay replay(journal);
    // The runner's time begins when it is made.
    WindowOptions options = *journal.front().options;
    options.plan.policy =
        policy_setting_from(options.plan.policy.text, options.plan.policy.options);
    auto outcome = WindowRunner(options, replay, replay, replay, std::move(hooks)).run();
    replay.check_end();
    return outcome;
}

std::vector<WindowEvent> read_journal(const fs::path& file) {
    std::istringstream lines(read_file(file));
    return read_records<WindowEvent>(lines, file.string());
}

fs::path window_logs(const Store& store, int window) {
    fs::path logs = store.root() / "logs" / window_number(window);
    fs::create_directories(logs);
    return logs;
}

namespace {

/// A record for people that a full disk has no room for is no reason to end the window. That of a
/// retraining is written again with its next change.
void keep_on(const std::function<void(const std::string&)>& say,
             const std::function<void()>& write) try {
    write();
} catch (const SystemError& e) {
    if (say) say(e.what());
}

}  // namespace

WindowHooks store_hooks(const Store& store, std::function<void(const std::string&)> say) {
    WindowHooks hooks;
    hooks.say = std::move(say);
    hooks.on_plan = [store, say = hooks.say](const Plan& plan) {
        if (plan.elapsed == 0) keep_on(say, [&] { store.write_plan(plan); });
        const fs::path file = window_logs(store, plan.window) / "plans.jsonl";
        std::error_code ignored;
        if (plan.elapsed == 0) fs::remove(file, ignored);
        keep_on(say, [&] {
            const std::string news = LineFile(file, "plans").add(to_line(encode(plan)));
            if (!news.empty() && say) say(news);
        });
    };
    hooks.on_retraining = [store, say = hooks.say](const RetrainingRecord& record) {
        keep_on(say, [&] { store.write_retraining(record); });
    };
    return hooks;
}

}  // namespace ekya
