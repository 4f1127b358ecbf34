#include "ekya/device/job.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "handover.hpp"
#include "process_tree.hpp"

namespace ekya {
namespace {

constexpr Seconds look_every = 0.02;
constexpr Seconds longest_start = 60;  // of a replacement
constexpr Seconds longest_fork = 5;
constexpr Seconds longest_killing = 5;
constexpr int most_launches = 3;
constexpr Seconds keeper_look_every = 0.5;
constexpr Seconds keeper_patience = 3;  // with a keeper, once its job has ended

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// One start of the job's command.
struct Process {
    std::shared_ptr<JobProcesses> processes;
    std::unique_ptr<Handover> handover;  // null if none was offered
    bool released = false;
    bool went = false;  // it knows of handing over, and was told to work

    [[nodiscard]] pid_t pid() const { return processes->pid(); }
    void tell(int number) const {
        if (pid() > 0) kill(pid(), number);
    }
    void tell_group(int number) const {
        if (pid() > 0) kill(-pid(), number);
    }
    [[nodiscard]] bool is_lost_before_start() const {
        return processes->is_gone() && processes->pid() == 0;
    }
};

}  // namespace

class HeldJob::Course {
public:
    Course(JobOptions options, ShareLimit& limit, JobHooks hooks, Launcher& launcher)
        : o_(std::move(options)), limit_(limit), hooks_(std::move(hooks)), launcher_(launcher) {
        if (o_.command.empty()) throw DomainError("command: is empty");
        require_in_range("share", o_.order.share, 0, 1e6);
        limit_.set_share(o_.order.share);
        record_.id = o_.id;
        record_.executor = limit_.name();
        record_.host = host_name();
        for (const auto& word : o_.command) record_.command.push_back(without_secrets(word));
        record_.share = wanted_share_ = o_.order.share;
        record_.cores = o_.cores;
        record_.started = unix_time();
        begin_stretch();
        child_ = launch(o_.order.share);
        try {
            release(child_);
        } catch (...) {
            child_.processes->end();
            throw;
        }
        began();
    }
    ~Course() {
        for (Process* process : {&child_, &replacement_})
            if (process->processes && !process->processes->is_gone()) kill_now(*process);
    }

    Seconds step() {
        if (ended_) return look_every;
        try {
            child_.processes->look();
            release(child_);
            began();
            if (child_.is_lost_before_start())
                start_again();
            else if (child_.processes->exit_code() && !take_over())
                finish();
            else
                look_around();
            if (!child_.released && !child_.processes->is_started_here() &&
                clock_.now() - launched_at_ > o_.worker_patience)
                give_up_worker();
        } catch (const Error& e) {
            if (!child_.released) return fail(e), look_every;
            problem(e.what());
        }
        return ended_ ? look_every : std::min(limit_.tick(), look_every);
    }
    void order(const JobOrder& order) {
        if (ended_) return;
        try {
            if (child_.released || order.state == JobOrder::State::stop)
                carry_out(order);
            else
                o_.order = order;  // it begins with it
        } catch (const Error& e) {
            problem(e.what());
        }
    }
    [[nodiscard]] int descriptor() const { return child_.processes->descriptor(); }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const JobRecord& record() const { return record_; }

private:
    Process launch(double share) {
        Process process;
        Launch what;
        what.command = o_.command;
        what.environment = limit_.environment(share);
        what.streams = o_.streams;
        what.by_worker = launches_ == 0;  // what it has lost once is not given to it again
        what.environment["EKYA_CORES"] = std::to_string(o_.cores);
        what.environment[run_clock_variable] = run_clock();
        if (limit_.is_fixed_at_start()) {
            process.handover = std::make_unique<Handover>();
            what.ready = process.handover->job_ready();
            what.go = process.handover->job_go();
        }
        process.processes = launcher_.launch(what);
        if (process.handover) process.handover->keep_ours();
        ++launches_;
        launched_at_ = clock_.now();
        if (process.processes->is_started_here()) process.processes->await_start(longest_fork);
        return process;
    }

    /// Admits a process that exists by now to the limit, and lets it begin.
    void release(Process& process) {
        if (process.released || process.pid() == 0 || kill_at_ > 0) return;
        limit_.admit(process.processes);
        process.processes->release();
        process.released = true;
    }

    /// The first process has begun.
    void began() {
        if (began_ || !child_.released) return;
        began_ = true;
        record_.pid = child_.pid();
        begin_stretch();
        if (o_.order.state != JobOrder::State::run || o_.order.share != record_.share)
            carry_out(o_.order);
        report();
    }

    /// Who was asked to start it does not answer.
    void give_up_worker() {
        child_.processes->end();
        launcher_.does_not_answer();
    }

    void start_again() {
        if (kill_at_ > 0) {  // it was told to end before it could begin
            ended_by(at_deadline_ ? 124 : 128 + told_);
            return;
        }
        if (launches_ < most_launches) {
            child_ = launch(record_.share);
            return;
        }
        problem(o_.command.front() + ": no process could be started");
        ended_by(126);
    }

    void fail(const Error& error) {
        problem(error.what());
        child_.processes->end();
        ended_by(126);
    }

    void problem(const std::string& text) const {
        if (hooks_.on_problem) hooks_.on_problem(text);
    }

    /// A share that is fixed at the start: a replacement gets the new one, loads and warms up; then
    /// the old one is asked to end.
    void replace_if_wanted() {
        if (!limit_.is_fixed_at_start() || wanted_share_ == record_.share ||
            replacement_.processes || paused_ || finishing_ || kill_at_ > 0)
            return;
        if (!child_.went) {  // it may still be loading
            if (clock_.now() - wanted_since_ < o_.handover_patience) return;
            wanted_share_ = record_.share;
            throw SystemError(
                "its share is fixed while it runs, and it does not offer to hand over to a "
                "replacement");
        }
        replacement_share_ = wanted_share_;
        replacement_ = launch(replacement_share_);
        replacement_since_ = clock_.now();
        draining_ = false;
    }

    void advance_handover() {
        if (child_.handover && !child_.went && child_.handover->is_ready()) {
            child_.handover->go();  // there is nobody before it
            child_.went = true;
        }
        replace_if_wanted();
        if (!replacement_.processes || draining_) return;
        replacement_.processes->look();
        release(replacement_);
        const auto code = replacement_.processes->exit_code();
        if (code || replacement_.is_lost_before_start() ||
            clock_.now() - replacement_since_ > longest_start) {
            drop_replacement();
            wanted_share_ = record_.share;
            problem("the replacement with the new share " +
                    (code ? "ended with exit code " + std::to_string(*code)
                          : std::string("did not get ready")) +
                    "; the job goes on with the old one");
        } else if (replacement_.handover->is_ready()) {
            draining_ = true;
            child_.tell_group(SIGTERM);
        }
    }

    void drop_replacement() {
        if (replacement_.processes) kill_now(replacement_);
        replacement_ = {};
    }

    /// The job has ended: only to make way for its replacement? One that had finished meanwhile, or
    /// failed, is not to be done again.
    bool take_over() {
        if (!replacement_.processes) return false;
        if (!draining_ || kill_at_ > 0 || child_.processes->exit_code() != 128 + SIGTERM) {
            drop_replacement();
            return false;
        }
        end_stretch();
        kill_now(child_);
        child_ = std::move(replacement_);
        replacement_ = {};
        child_.handover->go();
        child_.went = true;
        if (finishing_) child_.tell(SIGUSR1);
        record_.pid = child_.pid();
        record_.share = replacement_share_;
        limit_.set_share(record_.share);
        ++record_.changes;
        begin_stretch();
        report();
        return true;
    }

    static void kill_now(Process& process) {
        process.processes->end();
        const SystemClock clock;
        const Seconds until = clock.now() + longest_killing;
        for (process.processes->look(); !process.processes->is_gone() && clock.now() < until;
             process.processes->look()) {
            pollfd item{process.processes->descriptor(), POLLIN, 0};
            poll(&item, 1, 100);
        }
    }

    void look_around() {
        advance_handover();
        if (hooks_.signalled)
            if (const int number = hooks_.signalled()) end_it(number);
        if (hooks_.next_order) try {
                if (const auto next = hooks_.next_order()) order(*next);
            } catch (const Error& e) {
                problem(e.what());
            }
        if (o_.deadline > 0 && run_time() >= o_.deadline && kill_at_ == 0) {
            at_deadline_ = true;
            end_it(SIGTERM);
        }
        if (kill_at_ > 0 && clock_.now() >= kill_at_) limit_.signal(SIGKILL);
        look_at_keeper();
        if (!began_ || clock_.now() - stretch_start_ < o_.report_every) return;
        end_stretch();
        look_whether_stopped();
        begin_stretch();
        report();
    }

    /// A keeper that something has stopped does not say that its job has ended.
    void look_at_keeper() {
        if (clock_.now() < next_keeper_look_) return;
        next_keeper_look_ = clock_.now() + keeper_look_every;
        if (!child_.released || process_state(child_.pid()) != ProcessState::ended) {
            unsaid_since_ = 0;
            return;
        }
        if (unsaid_since_ == 0) unsaid_since_ = clock_.now();
        if (clock_.now() - unsaid_since_ < keeper_patience) return;
        problem("the process that holds it does not answer and is killed");
        child_.processes->kill_keeper();
    }

    /// A job that a signal has stopped uses nothing and hears nothing. The limit itself may stop a
    /// job for most of the time, but then it uses something in between.
    void look_whether_stopped() {
        const bool stopped = o_.stopped_patience > 0 && !paused_ && kill_at_ == 0 &&
                             stretch_.used < 1e-6 &&
                             process_state(child_.pid()) == ProcessState::stopped;
        if (!stopped) stopped_since_ = 0;
        if (!stopped ||
            std::exchange(stopped_since_, stopped_since_ > 0 ? stopped_since_ : clock_.now()) == 0)
            return;
        if (clock_.now() - stopped_since_ < o_.stopped_patience) return;
        problem("a signal has stopped it, and it has not gone on for " +
                std::to_string(std::lround(o_.stopped_patience)) + " s: it is killed");
        stopped_since_ = 0;
        limit_.signal(SIGKILL);
        child_.processes->end();
    }

    void carry_out(const JobOrder& order) {
        if (order.state == JobOrder::State::stop) return end_it(SIGTERM);
        const bool paused = order.state == JobOrder::State::pause;
        if (kill_at_ > 0) return;
        if (order.state == JobOrder::State::finish && !finishing_) {
            finishing_ = true;
            child_.tell(SIGUSR1);
        }
        const bool fixed = limit_.is_fixed_at_start();
        if (fixed && !paused && order.share != wanted_share_) {
            wanted_share_ = order.share;  // a replacement gets it as soon as there can be one
            wanted_since_ = clock_.now();
        }
        const double share = fixed ? record_.share : order.share;
        if (share == record_.share && paused == paused_) return;
        // A stretch begins whatever comes of the order, or what is refused would count twice.
        end_stretch();
        begin_stretch();
        if (share != record_.share) limit_.set_share(share);
        record_.share = stretch_.share = share;
        if (paused != paused_) limit_.set_paused(paused);
        paused_ = stretch_.paused = paused;
        record_.state = paused ? "paused" : "running";
        ++record_.changes;
        report();
    }

    /// Asks it to end; a paused one could not hear that.
    void end_it(int number) {
        if (kill_at_ > 0) return;
        kill_at_ = clock_.now() + o_.grace;
        told_ = number;
        if (!child_.released) return child_.processes->end();
        if (paused_) limit_.set_paused(false);
        paused_ = false;
        limit_.signal(number);
    }

    /// The command has ended; whatever it left running is not part of any plan.
    void finish() {
        if (killing_since_ == 0) {
            killing_since_ = clock_.now();
            limit_.signal(SIGKILL);
            child_.processes->end();
            child_.processes->look();
        }
        if (!child_.processes->is_gone() && clock_.now() - killing_since_ < longest_killing) return;
        if (!child_.processes->is_gone()) child_.processes->kill_keeper();
        if (!child_.released) return ended_by(at_deadline_ ? 124 : 128 + told_);
        end_stretch();
        ended_by(at_deadline_ ? 124 : *child_.processes->exit_code());
    }

    void ended_by(int code) {
        ended_ = true;
        record_.exit_code = code;
        record_.state = "ended";
        report();
    }

    void begin_stretch() {
        stretch_ = {unix_time(), 0, record_.share, paused_, 0, 0};
        stretch_start_ = clock_.now();
    }

    void end_stretch() {
        const DeviceUse use = limit_.use();
        stretch_.seconds = clock_.now() - stretch_start_;
        stretch_.used = std::max(0.0, use.device - before_.device);
        stretch_.throttled = std::max(0.0, use.throttled - before_.throttled);
        before_ = use;
        record_.granted += stretch_.granted();
        record_.used += stretch_.used;
        if (hooks_.on_use) hooks_.on_use(stretch_);
    }

    void report() const {
        if (hooks_.on_record) hooks_.on_record(record_);
    }

    JobOptions o_;
    ShareLimit& limit_;
    JobHooks hooks_;
    Launcher& launcher_;
    SystemClock clock_;
    Process child_, replacement_;
    int launches_ = 0;
    Seconds launched_at_ = 0;
    double replacement_share_ = 0;
    double wanted_share_ = 0;  // where the share is fixed: of the last order
    Seconds replacement_since_ = 0, wanted_since_ = 0;
    bool draining_ = false;
    JobRecord record_;
    JobUse stretch_;
    DeviceUse before_;
    Seconds stretch_start_ = 0, kill_at_ = 0, killing_since_ = 0;
    Seconds next_keeper_look_ = 0, unsaid_since_ = 0, stopped_since_ = 0;
    int told_ = 0;  // the signal that asked it to end
    bool began_ = false, paused_ = false, finishing_ = false, at_deadline_ = false, ended_ = false;
};

HeldJob::HeldJob(JobOptions options, ShareLimit& limit, JobHooks hooks, Launcher& launcher)
    : course_(std::make_unique<Course>(std::move(options), limit, std::move(hooks), launcher)) {}
HeldJob::~HeldJob() = default;
Seconds HeldJob::step() { return course_->step(); }
int HeldJob::descriptor() const { return course_->descriptor(); }
bool HeldJob::ended() const { return course_->ended(); }
void HeldJob::order(const JobOrder& order) { course_->order(order); }
const JobRecord& HeldJob::record() const { return course_->record(); }

JobRecord run_job(const JobOptions& options, ShareLimit& limit, const JobHooks& hooks) {
    ExecLauncher launcher;
    HeldJob job(options, limit, hooks, launcher);
    for (Seconds wait = job.step(); !job.ended(); wait = job.step()) {
        pollfd item{job.descriptor(), POLLIN, 0};
        poll(&item, 1, static_cast<int>(std::ceil(wait * 1000)));
    }
    return job.record();
}

}  // namespace ekya
