#pragma once
#include <cstdint>

namespace ekya {

/// Threads that tensor operations of this process use on the CPU; >= 1. Call it before the first
/// training or inference: it also takes BLAS down to the same number, and several jobs with more
/// threads than cores run many times slower.
/// @throws DomainError if threads is below 1
void set_threads(int threads);

/// Threads that tensor operations use which the calling thread starts; others keep what they have,
/// BLAS too.
/// @throws DomainError if threads is below 1
void set_threads_of_this_thread(int threads);

/// Seeds libtorch's own generators and asks for deterministic kernels. Training draws from its
/// job's seed alone and is bit-identical on one CPU thread without this; it matters on CUDA.
void set_deterministic(std::uint64_t seed);

}  // namespace ekya
