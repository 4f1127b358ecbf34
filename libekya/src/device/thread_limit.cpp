#include <signal.h>

#include <algorithm>
#include <cmath>

#include "ekya/core/clock.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {
namespace {

constexpr Seconds look_every = 0.005;
constexpr Seconds worth_stopping = 0.002;  // shorter waits cost more than they hold back

class ThreadLimit : public ShareLimit {
public:
    explicit ThreadLimit(int cores) : cores_(cores) {}

    [[nodiscard]] std::string name() const override { return "threads"; }
    /// OpenMP, OpenBLAS and libtorch ask for it when they start.
    [[nodiscard]] std::map<std::string, std::string> environment(double share) const override {
        if (share <= 0) return {};
        return {{"OMP_NUM_THREADS",
                 std::to_string(std::max(1, static_cast<int>(std::ceil(share * cores_ - 1e-9))))}};
    }
    void admit(const std::shared_ptr<JobProcesses>& job) override {
        job_ = job;
        governor_.set_share(governor_.share());  // counts from here
    }
    void set_share(double share) override { governor_.set_share(share); }
    void set_paused(bool paused) override {
        paused_ = paused;
        stop(paused);
        governor_.set_share(governor_.share());  // a pause saves nothing up
    }
    [[nodiscard]] DeviceUse use() const override { return {cpu_seconds() / cores_, throttled_}; }
    void signal(int number) override {
        if (job_) job_->signal(number);
        if (number != SIGCONT && number != SIGSTOP) stop(false);  // a stopped process hears nothing
    }
    Seconds tick() override {
        if (paused_) return look_every;
        const Seconds wait = governor_.wait_needed();
        if (wait > worth_stopping) {
            if (!stopped_) throttled_ += wait;
            stop(true);
            return wait;
        }
        if (stopped_) stop(false);
        return look_every;
    }

private:
    void stop(bool stopped) {
        stopped_ = stopped;
        if (job_) job_->signal(stopped ? SIGSTOP : SIGCONT);
    }
    [[nodiscard]] Seconds cpu_seconds() const { return job_ ? job_->cpu_seconds() : 0; }

    int cores_;
    SystemClock clock_;
    std::shared_ptr<JobProcesses> job_;
    ShareGovernor governor_{0, cores_, clock_, [this] { return cpu_seconds(); }};
    Seconds throttled_ = 0;
    bool paused_ = false, stopped_ = false;
};

}  // namespace

std::map<std::string, std::string> ShareLimit::environment(double) const { return {}; }

std::unique_ptr<ShareLimit> thread_limit(int cores) { return std::make_unique<ThreadLimit>(cores); }

}  // namespace ekya
