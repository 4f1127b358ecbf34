#pragma once
#include "ekya/core/config.hpp"
#include "ekya/device/gpu_stream.hpp"

namespace ekya {

// This process's use of its GPU, between events of the driver; of builds with CUDA.
void begin_gpu_work(int device, GpuStream stream);
/// Also adds what has ended by now to the job's page (MeterPage).
void end_gpu_work(int device, GpuStream stream);
/// Waits for all work that has been marked.
[[nodiscard]] Seconds gpu_seconds();

}  // namespace ekya
