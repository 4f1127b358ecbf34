#include <signal.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ekya/device/device.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {
namespace {

class MpsLimit : public ShareLimit {
public:
    MpsLimit(MpsOptions options, std::unique_ptr<ShareLimit> cpu, int cores)
        : options_(std::move(options)), cpu_(std::move(cpu)), cores_(cores) {}

    [[nodiscard]] std::string name() const override { return "mps"; }
    [[nodiscard]] std::map<std::string, std::string> environment(double share) const override {
        std::map<std::string, std::string> variables{{"EKYA_METER", page_.path()},
                                                     {"EKYA_STATE", page_.state_path()}};
        if (share > 0)
            variables["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] =
                std::to_string(std::clamp(static_cast<int>(std::ceil(100 * share - 1e-9)), 1, 100));
        if (!options_.pinned_memory.empty())
            variables["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] = options_.pinned_memory;
        return variables;
    }
    [[nodiscard]] bool is_fixed_at_start() const override { return true; }
    void admit(const std::shared_ptr<JobProcesses>& job) override {
        std::erase_if(jobs_, [](const auto& replaced) { return replaced->is_gone(); });
        jobs_.push_back(job);
        if (cpu_) cpu_->admit(job);
    }
    void set_share(double share) override {
        if (cpu_) cpu_->set_share(share > 0 ? std::max(share, 1.0 / cores_) : 0);
    }
    void set_paused(bool paused) override {
        if (cpu_) return cpu_->set_paused(paused);
        signal(paused ? SIGSTOP : SIGCONT);
    }
    [[nodiscard]] DeviceUse use() const override { return {page_.seconds(), 0}; }
    void signal(int number) override {
        for (const auto& job : jobs_) job->signal(number);
    }

private:
    MpsOptions options_;
    std::unique_ptr<ShareLimit> cpu_;
    int cores_;
    MeterPage page_;
    std::vector<std::shared_ptr<JobProcesses>> jobs_;  // and what it replaces, until that is gone
};

/// Quoted for the shell.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

bool succeeds(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace

std::string find_mps(const MpsOptions& options) {
    return succeeds("command -v " + quoted(options.control))
               ? ""
               : options.control + " is not installed; it comes with NVIDIA's driver";
}

std::string start_mps(const MpsOptions& options) {
    if (auto problem = find_mps(options); !problem.empty()) return problem;
    const std::string program = quoted(options.control);
    const std::string ask = "echo get_server_list | " + program;
    if (succeeds(ask)) return "";
    if (!succeeds(program + " -d")) return options.control + " -d: the MPS daemon does not start";
    return succeeds(ask) ? ""
                         : options.control + ": the MPS daemon was started and does not answer";
}

std::unique_ptr<ShareLimit> mps_limit(const MpsOptions& options, std::unique_ptr<ShareLimit> cpu,
                                      int cores) {
    return std::make_unique<MpsLimit>(options, std::move(cpu), cores);
}

}  // namespace ekya
