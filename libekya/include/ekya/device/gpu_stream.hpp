#pragma once

namespace ekya {

/// A cudaStream_t; null = the default one.
using GpuStream = void*;

}  // namespace ekya
