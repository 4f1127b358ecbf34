// Answers about GPUs of a build without CUDA.
#include "ekya/device/device.hpp"
#include "gpu_meter.hpp"

namespace ekya {

bool built_with_cuda() { return false; }

std::vector<Gpu> gpus(std::string* why) {
    if (why != nullptr) *why = "this build has no CUDA (configure it with -DEKYA_WITH_CUDA=ON)";
    return {};
}

void begin_gpu_work(int, GpuStream) {}
void end_gpu_work(int, GpuStream) {}
Seconds gpu_seconds() { return 0; }

}  // namespace ekya
