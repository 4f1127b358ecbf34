#include <signal.h>

#include <algorithm>
#include <cmath>

#include "ekya/core/clock.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/device/share_limit.hpp"
#include "process_tree.hpp"

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
    void admit(pid_t) override { governor_.set_share(governor_.share()); }  // counts from here
    void set_share(double share) override { governor_.set_share(share); }
    void set_paused(bool paused) override {
        paused_ = paused;
        stop(paused);
        governor_.set_share(governor_.share());  // a pause saves nothing up
    }
    [[nodiscard]] CpuUse use() const override {
        return {descendants_cpu_seconds() - before_, throttled_};
    }
    void signal(int number) override {
        for (const pid_t pid : descendants()) kill(pid, number);
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
        for (const pid_t pid : descendants()) kill(pid, stopped ? SIGSTOP : SIGCONT);
    }

    int cores_;
    SystemClock clock_;
    Seconds before_ = descendants_cpu_seconds();
    ShareGovernor governor_{0, cores_, clock_, descendants_cpu_seconds};
    Seconds throttled_ = 0;
    bool paused_ = false, stopped_ = false;
};

}  // namespace

std::map<std::string, std::string> ShareLimit::environment(double) const { return {}; }

std::unique_ptr<ShareLimit> thread_limit(int cores) { return std::make_unique<ThreadLimit>(cores); }

}  // namespace ekya
