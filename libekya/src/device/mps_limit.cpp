#include <signal.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ekya/device/share_limit.hpp"

namespace ekya {
namespace {

class MpsLimit : public ShareLimit {
public:
    explicit MpsLimit(MpsOptions options) : options_(std::move(options)) {}

    [[nodiscard]] std::string name() const override { return "mps"; }
    [[nodiscard]] std::map<std::string, std::string> environment(double share) const override {
        std::map<std::string, std::string> variables;
        if (share > 0)
            variables["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] =
                std::to_string(std::clamp(static_cast<int>(std::ceil(100 * share - 1e-9)), 1, 100));
        if (!options_.pinned_memory.empty())
            variables["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] = options_.pinned_memory;
        return variables;
    }
    [[nodiscard]] bool is_fixed_at_start() const override { return true; }
    void admit(const std::shared_ptr<JobProcesses>& job) override { jobs_.push_back(job); }
    void set_share(double) override {}
    void set_paused(bool paused) override { signal(paused ? SIGSTOP : SIGCONT); }
    [[nodiscard]] CpuUse use() const override {
        Seconds sum = 0;
        for (const auto& job : jobs_) sum += job->cpu_seconds();
        return {sum, 0};
    }
    void signal(int number) override {
        for (const auto& job : jobs_) job->signal(number);
    }

private:
    MpsOptions options_;
    std::vector<std::shared_ptr<JobProcesses>> jobs_;  // and those that it has replaced
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

std::string start_mps(const MpsOptions& options) {
    const std::string program = quoted(options.control);
    if (!succeeds("command -v " + program))
        return options.control + " is not installed; it comes with NVIDIA's driver";
    const std::string ask = "echo get_server_list | " + program;
    if (succeeds(ask)) return "";
    if (!succeeds(program + " -d")) return options.control + " -d: the MPS daemon does not start";
    return succeeds(ask) ? ""
                         : options.control + ": the MPS daemon was started and does not answer";
}

std::unique_ptr<ShareLimit> mps_limit(const MpsOptions& options) {
    return std::make_unique<MpsLimit>(options);
}

}  // namespace ekya
