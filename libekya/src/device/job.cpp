#include "ekya/device/job.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "child_process.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr Seconds look_every = 0.02;
constexpr Seconds longest_start = 60;  // of a replacement

double unix_time() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// One job while it runs.
class RunningJob {
public:
    RunningJob(const JobOptions& options, ShareLimit& limit, const JobHooks& hooks)
        : o_(options), limit_(limit), hooks_(hooks) {
        limit_.set_share(o_.order.share);
        child_ = start(o_.order.share);
        record_.id = o_.id;
        record_.executor = limit_.name();
        record_.host = host_name();
        record_.pid = child_->pid();
        record_.command = o_.command;
        record_.share = o_.order.share;
        record_.cores = o_.cores;
        record_.started = unix_time();
        begin_stretch();
        if (o_.order.state != JobOrder::State::run) carry_out({o_.order.state, o_.order.share});
        report();
    }

    JobRecord run() {
        std::optional<int> code;
        while (!(code = child_->wait(std::min(limit_.tick(), look_every))) || take_over())
            look_around();
        // Whatever the job left running is not part of any plan.
        limit_.signal(SIGKILL);
        end_stretch();
        record_.exit_code = at_deadline_ ? 124 : *code;
        record_.state = "ended";
        report();
        return record_;
    }

private:
    std::unique_ptr<ChildProcess> start(double share) {
        auto environment = limit_.environment(share);
        environment["EKYA_CORES"] = std::to_string(o_.cores);
        return std::make_unique<ChildProcess>(
            o_.command, environment, [&](pid_t pid) { limit_.admit(pid); },
            limit_.is_fixed_at_start());
    }

    /// A share that is fixed at the start: a replacement gets the new one, loads and warms up; then
    /// the old one is asked to end.
    void replace(double share) {
        if (!went_)
            throw SystemError(
                "its share is fixed while it runs, and it does not offer to hand over to a "
                "replacement");
        replacement_ = start(share);
        replacement_share_ = share;
        replacement_since_ = clock_.now();
        draining_ = false;
    }

    void advance_handover() {
        if (Handover* own = child_->handover(); own && !went_ && own->is_ready()) {
            own->go();  // there is nobody before it
            went_ = true;
        }
        if (!replacement_ || draining_) return;
        const auto code = replacement_->wait(0);
        if (code || clock_.now() - replacement_since_ > longest_start) {
            kill(-replacement_->pid(), SIGKILL);
            replacement_.reset();
            if (hooks_.on_problem)
                hooks_.on_problem("the replacement with the new share " +
                                  (code ? "ended with exit code " + std::to_string(*code)
                                        : std::string("did not get ready")) +
                                  "; the job goes on with the old one");
        } else if (replacement_->handover()->is_ready()) {
            draining_ = true;
            kill(-child_->pid(), SIGTERM);
        }
    }

    /// The job has ended: only to make way for its replacement?
    bool take_over() {
        if (!replacement_) return false;
        if (!draining_ || kill_at_ > 0) {
            kill(-replacement_->pid(), SIGKILL);
            return false;
        }
        end_stretch();
        child_ = std::move(replacement_);
        child_->handover()->go();
        record_.pid = child_->pid();
        record_.share = replacement_share_;
        ++record_.changes;
        begin_stretch();
        report();
        return true;
    }

    void look_around() {
        advance_handover();
        if (hooks_.signalled)
            if (const int number = hooks_.signalled()) end_it(number);
        if (hooks_.next_order) try {
                if (const auto order = hooks_.next_order()) carry_out(*order);
            } catch (const Error& e) {
                if (hooks_.on_problem) hooks_.on_problem(e.what());
            }
        if (o_.deadline > 0 && unix_time() >= o_.deadline && kill_at_ == 0) {
            at_deadline_ = true;
            end_it(SIGTERM);
        }
        if (kill_at_ > 0 && clock_.now() >= kill_at_) limit_.signal(SIGKILL);
        if (clock_.now() - stretch_start_ < o_.report_every) return;
        end_stretch();
        begin_stretch();
        report();
    }

    void carry_out(const JobOrder& order) {
        if (order.state == JobOrder::State::stop) return end_it(SIGTERM);
        const bool paused = order.state == JobOrder::State::pause;
        if (kill_at_ > 0) return;
        if (order.state == JobOrder::State::finish && !finishing_) {
            finishing_ = true;
            kill(child_->pid(), SIGUSR1);
        }
        if (order.share == record_.share && paused == paused_) return;
        if (limit_.is_fixed_at_start() && order.share != record_.share) {
            if (!replacement_ && !paused && !paused_) replace(order.share);
            return;
        }
        // A stretch begins whatever comes of the order, or what is refused would count twice.
        end_stretch();
        begin_stretch();
        if (order.share != record_.share) limit_.set_share(order.share);
        record_.share = stretch_.share = order.share;
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
        if (paused_) limit_.set_paused(false);
        paused_ = false;
        limit_.signal(number);
    }

    void begin_stretch() {
        stretch_ = {unix_time(), 0, record_.share, paused_, 0, 0};
        stretch_start_ = clock_.now();
    }

    void end_stretch() {
        const CpuUse use = limit_.use();
        stretch_.seconds = clock_.now() - stretch_start_;
        stretch_.used = std::max(0.0, use.cpu - before_.cpu) / o_.cores;
        stretch_.throttled = std::max(0.0, use.throttled - before_.throttled);
        before_ = use;
        record_.granted += stretch_.granted();
        record_.used += stretch_.used;
        if (hooks_.on_use) hooks_.on_use(stretch_);
    }

    void report() const {
        if (hooks_.on_record) hooks_.on_record(record_);
    }

    const JobOptions& o_;
    ShareLimit& limit_;
    const JobHooks& hooks_;
    SystemClock clock_;
    std::unique_ptr<ChildProcess> child_, replacement_;
    double replacement_share_ = 0;
    Seconds replacement_since_ = 0;
    bool draining_ = false;
    JobRecord record_;
    JobUse stretch_;
    CpuUse before_;
    Seconds stretch_start_ = 0, kill_at_ = 0;
    bool paused_ = false, finishing_ = false, at_deadline_ = false;
    bool went_ = false;  // it knows of handing over, and was told to work
};

}  // namespace

JobRecord run_job(const JobOptions& options, ShareLimit& limit, const JobHooks& hooks) {
    if (options.command.empty()) throw DomainError("command: is empty");
    require_in_range("share", options.order.share, 0, 1e6);
    return RunningJob(options, limit, hooks).run();
}

}  // namespace ekya
