#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/device/job_processes.hpp"

namespace ekya {

/// What the processes of a job have used so far, those that have ended among them.
struct DeviceUse {
    Seconds device = 0;     ///< device-seconds: of the CPU, CPU time over the cores of one device
    Seconds throttled = 0;  ///< that they waited because of the limit; 0 where that is not counted
};

/// Holds the processes of one job to a share of a device. One object per job; back-ends differ in
/// what holds it.
class ShareLimit {
public:
    virtual ~ShareLimit() = default;
    ShareLimit() = default;
    ShareLimit(const ShareLimit&) = delete;
    ShareLimit& operator=(const ShareLimit&) = delete;

    /// "cgroup", "threads" or "mps".
    [[nodiscard]] virtual std::string name() const = 0;
    /// What the job's environment needs so that it fits its share from the start.
    [[nodiscard]] virtual std::map<std::string, std::string> environment(double share) const;
    /// A process keeps the share that it was started with: for another one a replacement is
    /// started.
    [[nodiscard]] virtual bool is_fixed_at_start() const { return false; }
    /// Takes in a job that has been started and not released yet; of a job whose share is fixed at
    /// the start also its replacement. @throws SystemError
    virtual void admit(const std::shared_ptr<JobProcesses>& job) = 0;
    /// From now on this share. @param share of the device; 0 = no limit. @throws SystemError
    virtual void set_share(double share) = 0;
    /// No process of the job runs until it is resumed. @throws SystemError
    virtual void set_paused(bool paused) = 0;
    [[nodiscard]] virtual DeviceUse use() const = 0;
    /// Sends a signal to every process of the job.
    virtual void signal(int number) = 0;
    /// Called every few milliseconds. @return time until it wants to be called again, at the latest
    virtual Seconds tick() { return 1; }
};

/// Where the kernel lets us keep control groups with a CPU limit.
struct CgroupPlace {
    int version = 0;            ///< 1 or 2
    std::filesystem::path cpu;  ///< directory under which groups of ours may be made
    std::filesystem::path
        accounting;  ///< version 1: the same of the cpuacct controller; empty = none
};

/// Looks for such a place: version 2 in this process's own group or the nearest one above that
/// hands the CPU controller down (a delegated one: its processes are moved into a leaf "ekya.main",
/// as the kernel demands), else version 1.
/// @param wanted a group to use instead; empty = look for one
/// @param why set to what is in the way if there is none
/// @param proc_self where the kernel tells a process its groups and mounts; tests give another
[[nodiscard]] std::optional<CgroupPlace> find_cgroup_place(
    const std::filesystem::path& wanted, std::string& why,
    const std::filesystem::path& proc_self = "/proc/self");

/// A control group of its own below a place: the kernel holds the share, changes act at once.
/// @param id of the job, part of the group's name. @throws SystemError
[[nodiscard]] std::unique_ptr<ShareLimit> cgroup_limit(const CgroupPlace& place,
                                                       const std::string& id, int cores);

/// No privilege needed: thread counts from the start, and the job is stopped and continued
/// (SIGSTOP, SIGCONT) whenever it is ahead of its share. Coarser than a control group; processes
/// that leave the job's tree escape.
[[nodiscard]] std::unique_ptr<ShareLimit> thread_limit(int cores);

/// NVIDIA's Multi-Process Service: the driver gives a process a part of the GPU's threads, fixed
/// when it starts.
struct MpsOptions {
    std::string control = "nvidia-cuda-mps-control";  ///< program that starts and asks the daemon
    std::string pinned_memory =
        {};  ///< limit as in CUDA_MPS_PINNED_DEVICE_MEM_LIMIT, e.g. "0=2G"; empty = none
};

/// Whether the daemon's program is there. @return what is in the way; empty if it is
[[nodiscard]] std::string find_mps(const MpsOptions& options);

/// Sees to it that the MPS daemon runs, and starts it if not. @return what is in the way; empty if
/// it runs
[[nodiscard]] std::string start_mps(const MpsOptions& options);

/// The share as CUDA_MPS_ACTIVE_THREAD_PERCENTAGE, rounded up to a whole percent. The driver counts
/// all clients of MPS as one, so a job says itself what it uses of the GPU (MeterPage); use() is
/// that. Source: Ekya §5 (each job holds its GPU share by MPS); CUDA Multi-Process Service,
/// documentation of NVIDIA.
/// @param cpu holds what the job may use of the CPU besides: the same share, at least one core, so
/// that decoding and loading of one job do not slow the others down; null = nothing does
/// @param cores of this box
[[nodiscard]] std::unique_ptr<ShareLimit> mps_limit(const MpsOptions& options = {},
                                                    std::unique_ptr<ShareLimit> cpu = nullptr,
                                                    int cores = 1);

}  // namespace ekya
