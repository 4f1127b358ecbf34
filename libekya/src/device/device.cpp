#include "ekya/device/device.hpp"

#include <charconv>
#include <cstdlib>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "gpu_meter.hpp"

namespace ekya {

std::string resolve_device(const std::string& wish) {
    if (wish == "cpu") return wish;
    int index = 0;
    bool understood = wish == "cuda" || wish == "auto";
    if (wish.starts_with("cuda:") && wish.size() > 5) {
        const char* const end = wish.data() + wish.size();
        const auto [stopped, error] = std::from_chars(wish.data() + 5, end, index);
        understood = error == std::errc() && stopped == end && index >= 0;
    }
    if (!understood) throw ConfigError("device: \"" + wish + "\" is not auto, cpu, cuda or cuda:N");
    std::string why;
    const auto present = gpus(&why);
    if (wish == "auto") return present.empty() ? "cpu" : "cuda:0";
    if (present.empty()) throw ConfigError("device: \"" + wish + "\" is not there: " + why);
    if (index >= static_cast<int>(present.size()))
        throw ConfigError("device: \"" + wish +
                          "\" is not there: " + std::to_string(present.size()) + " GPU" +
                          (present.size() == 1 ? "" : "s") + " found");
    return "cuda:" + std::to_string(index);
}

bool cpu_multiplies_bfloat16() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

std::string device_kind(const std::string& device) {
    if (device != "cpu") return "cuda";
    return "cpu of " + std::to_string(device_cores()) + (device_cores() == 1 ? " core" : " cores");
}

Seconds device_seconds(const std::string& device) {
    if (device == "cpu") return process_cpu_seconds() / device_cores();
    return gpu_seconds();
}

namespace {

thread_local int nested = 0;

/// Index of a resolved device; -1 = the CPU.
int index_of(const std::string& device) {
    return device == "cpu" ? -1 : std::atoi(device.c_str() + std::string("cuda:").size());
}

}  // namespace

DeviceWork::DeviceWork(const std::string& device, GpuStream stream)
    : device_(index_of(device)), stream_(stream) {
    if (device_ >= 0 && nested++ == 0) begin_gpu_work(device_, stream_);
}
DeviceWork::~DeviceWork() {
    if (device_ >= 0 && --nested == 0) end_gpu_work(device_, stream_);
}

}  // namespace ekya
