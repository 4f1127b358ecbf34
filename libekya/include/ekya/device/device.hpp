#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/device/gpu_stream.hpp"

namespace ekya {

/// A GPU that this process may use, or a MIG instance of one.
struct Gpu {
    int index = 0;  ///< as in "cuda:N"; CUDA_VISIBLE_DEVICES chooses and orders them
    std::string name, uuid;
    std::int64_t memory_bytes = 0;
    int multiprocessors = 0;   ///< that this process may use: fewer than the card has under MPS
    int major = 0, minor = 0;  ///< compute capability
};

/// Whether this build has CUDA in it (-DEKYA_WITH_CUDA=ON).
[[nodiscard]] bool built_with_cuda();

/// Empty where there is no GPU or no driver, and in a build without CUDA.
/// @param why set to what is in the way if there is none; may be null
[[nodiscard]] std::vector<Gpu> gpus(std::string* why = nullptr);

/// Whether this CPU has instructions that multiply bfloat16 (AVX512-BF16).
[[nodiscard]] bool cpu_multiplies_bfloat16();

/// The device that a wish stands for: "auto" (the first GPU, else the CPU), "cpu", "cuda" or
/// "cuda:N".
/// @return canonical name, "cpu" or "cuda:N"
/// @throws ConfigError if the wish is none of these or names a GPU that is not there
[[nodiscard]] std::string resolve_device(const std::string& wish);

/// A resolved device as people are told of its device-seconds: "cpu of N cores" or "cuda".
[[nodiscard]] std::string device_kind(const std::string& device);

/// Device-seconds that this process has used so far, of which differences count. Without a GPU all
/// cores are one device: CPU time over device_cores(). On a GPU: the time between the driver's
/// events around all that was marked as DeviceWork, times the part of the multiprocessors that MPS
/// lets this process use (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE). Waits for what is under way there.
/// @param device resolved
[[nodiscard]] Seconds device_seconds(const std::string& device);

/// As long as it lives, what the calling thread gives to a stream of the GPU counts as this
/// process's use of it. May be nested: the outermost counts. Nothing happens on a CPU.
class DeviceWork {
public:
    /// @param device resolved   @param stream of the GPU; null = the default one
    explicit DeviceWork(const std::string& device, GpuStream stream = nullptr);
    ~DeviceWork();
    DeviceWork(const DeviceWork&) = delete;
    DeviceWork& operator=(const DeviceWork&) = delete;

private:
    int device_;  ///< index; -1 = the CPU
    GpuStream stream_;
};

/// Where a job tells who holds it how many device-seconds it has used: a file of one double that
/// all processes of the job add to. The holder makes it, in a directory of its own for temporary
/// files, and names it in EKYA_METER.
class MeterPage {
public:
    /// Makes the directory and the file. @throws SystemError
    MeterPage();
    ~MeterPage();
    MeterPage(const MeterPage&) = delete;
    MeterPage& operator=(const MeterPage&) = delete;
    [[nodiscard]] std::string path() const { return directory_ + "/meter"; }
    /// A file beside it, where a process of the job leaves its state to the one that replaces it;
    /// it goes with the page.
    [[nodiscard]] std::string state_path() const { return directory_ + "/state"; }
    [[nodiscard]] Seconds seconds() const;
    /// Adds to the page that EKYA_METER names; nothing happens without one.
    static void add(Seconds seconds);

private:
    std::string directory_;
    double* seconds_ = nullptr;
};

}  // namespace ekya
