#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <thread>

#include "cgroup_files.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

// Short periods keep an inference that has used up its part from waiting for longer than a frame.
constexpr double period_us = 25'000, longest_period_us = 1'000'000;
constexpr int most_sweeps = 20;           // of 5 ms, that killed processes may take to be gone
constexpr double least_quota_us = 1'000;  // the kernel's

/// Quota and period of a share.
struct Bandwidth {
    long quota = -1;  ///< microseconds of CPU time per period; -1 = no limit
    long period = static_cast<long>(period_us);
};

Bandwidth bandwidth_of(double share, int cores) {
    Bandwidth bandwidth;
    if (share <= 0) return bandwidth;
    const double rate = share * cores;
    const double period = std::clamp(least_quota_us / rate, period_us, longest_period_us);
    bandwidth.period = std::lround(period);
    bandwidth.quota = std::max(std::lround(rate * period), static_cast<long>(least_quota_us));
    return bandwidth;
}

/// Jobs come before what runs beside them without a share, so that they get theirs; where more is
/// granted than there is, they lose alike; what has no limit (decoding, say) comes first.
long weight_of(double share, long most) {
    return share > 0 ? std::clamp(std::lround(share * static_cast<double>(most)), most / 100, most)
                     : most;
}

std::string group_name(const std::string& id) {
    std::string name = "ekya-";
    for (const char c : id)
        name += std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ? c : '_';
    return name + "-" + std::to_string(getpid());
}

/// Groups of holders that were killed. What is left in one, in a session of its own, say, was to
/// end with its holder; the kernel removes the group only without it.
void sweep(const fs::path& directory) {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(directory, code)) {
        const std::string name = entry.path().filename();
        const auto dash = name.rfind('-');
        if (name.rfind("ekya-", 0) != 0 || dash == std::string::npos) continue;
        const int pid = std::atoi(name.c_str() + dash + 1);
        if (pid <= 0 || is_alive(pid)) continue;
        for (int i = 0; i < most_sweeps && rmdir(entry.path().c_str()) != 0 && errno == EBUSY;
             ++i) {
            for (const pid_t left : processes_of(entry.path())) kill(left, SIGKILL);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
}

class CgroupLimit : public ShareLimit {
public:
    CgroupLimit(const CgroupPlace& place, const std::string& id, int cores)
        : version_(place.version), cores_(cores) {
        sweep(place.cpu);
        if (!place.accounting.empty() && place.accounting != place.cpu) sweep(place.accounting);
        cpu_ = make_group(place.cpu / group_name(id));
        if (!place.accounting.empty())
            accounting_ = place.accounting == place.cpu
                              ? cpu_
                              : make_group(place.accounting / group_name(id));
    }
    ~CgroupLimit() override {
        signal(SIGKILL);
        for (const auto& group : {cpu_, accounting_})
            for (int i = 0;
                 i < 100 && !group.empty() && rmdir(group.c_str()) != 0 && errno == EBUSY; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    [[nodiscard]] std::string name() const override { return "cgroup"; }
    void admit(const std::shared_ptr<JobProcesses>& job) override {
        job_ = job;
        const std::string pid = std::to_string(job->pid());
        put(cpu_ / "cgroup.procs", pid);
        if (!accounting_.empty() && accounting_ != cpu_) put(accounting_ / "cgroup.procs", pid);
    }
    void set_share(double share) override {
        version_ == 2 ? set_share_v2(share) : set_share_v1(share);
    }
    void set_paused(bool paused) override {
        if (version_ == 2) return put(cpu_ / "cgroup.freeze", paused ? "1" : "0");
        signal(paused ? SIGSTOP : SIGCONT);
    }
    [[nodiscard]] DeviceUse use() const override {
        const std::string stat = read_group_file(cpu_ / "cpu.stat").value_or("");
        if (version_ == 2)
            return {1e-6 * number_after(stat, "usage_usec") / cores_,
                    1e-6 * number_after(stat, "throttled_usec")};
        const auto usage = [this]() -> Seconds {
            if (accounting_.empty()) return job_ ? job_->cpu_seconds() : 0;
            const auto file = accounting_ / "cpuacct.usage";
            return 1e-9 * std::strtod(read_group_file(file).value_or("0").c_str(), nullptr);
        };
        return {usage() / cores_, 1e-9 * number_after(stat, "throttled_time")};
    }
    void signal(int number) override {
        // A process may fork while the others hear of it.
        std::vector<pid_t> told;
        for (bool news = true; news;) {
            news = false;
            for (const pid_t pid : processes_of(cpu_)) {
                if (std::find(told.begin(), told.end(), pid) != told.end()) continue;
                told.push_back(pid);
                news = true;
                kill(pid, number);
            }
        }
    }

private:
    static fs::path make_group(const fs::path& group) {
        std::error_code code;
        fs::create_directory(group, code);
        if (code)
            throw SystemError(group.string() +
                              ": cannot make the control group: " + code.message());
        return group;
    }
    static void put(const fs::path& file, const std::string& text) {
        if (const int error = write_group_file(file, text))
            throw SystemError(file.string() + ": cannot write \"" + text +
                              "\": " + std::strerror(error));
    }
    void set_share_v2(double share) const {
        const auto [quota, period] = bandwidth_of(share, cores_);
        put(cpu_ / "cpu.max",
            (quota < 0 ? "max" : std::to_string(quota)) + " " + std::to_string(period));
        put(cpu_ / "cpu.weight", std::to_string(weight_of(share, 10'000)));  // by default 100
    }
    void set_share_v1(double share) {
        const auto [quota, period] = bandwidth_of(share, cores_);
        if (period != period_ || quota < 0)
            put(cpu_ / "cpu.cfs_quota_us", "-1");  // an old quota may not fit the new period
        if (period != period_) put(cpu_ / "cpu.cfs_period_us", std::to_string(period));
        period_ = period;
        if (quota > 0) put(cpu_ / "cpu.cfs_quota_us", std::to_string(quota));
        put(cpu_ / "cpu.shares", std::to_string(weight_of(share, 102'400)));  // by default 1024
    }

    int version_;
    int cores_;
    fs::path cpu_, accounting_;
    std::shared_ptr<JobProcesses> job_;
    long period_ = 0;  // version 1: that was written
};

}  // namespace

std::unique_ptr<ShareLimit> cgroup_limit(const CgroupPlace& place, const std::string& id,
                                         int cores) {
    return std::make_unique<CgroupLimit>(place, id, cores);
}

}  // namespace ekya
