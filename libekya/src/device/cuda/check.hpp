#pragma once
#include <cuda_runtime_api.h>

#include <string>

#include "ekya/core/errors.hpp"

namespace ekya::cuda {

/// @throws SystemError "WHAT: what the driver says"
inline void check(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    (void)cudaGetLastError();  // or the next call would report it again
    throw SystemError(std::string(what) + ": " + cudaGetErrorString(error));
}

}  // namespace ekya::cuda
