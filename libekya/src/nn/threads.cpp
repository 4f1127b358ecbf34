#include "ekya/nn/threads.hpp"

#include <dlfcn.h>
#include <torch/torch.h>

#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {

void set_threads_of_this_thread(int threads) {
    if (threads < 1) throw DomainError("threads: " + std::to_string(threads) + " is below 1");
    torch::set_num_threads(threads);
}

void set_threads(int threads) {
    set_threads_of_this_thread(threads);
    try {
        at::set_num_interop_threads(threads);
    } catch (const c10::Error&) {
        // libtorch allows this once and only before its pool starts; we use no inter-op
        // parallelism, so nothing is lost.
    }
    // OpenBLAS built on pthreads keeps its own pool, of which libtorch knows nothing.
    using SetBlasThreads = void (*)(int);
    if (auto* const symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
        reinterpret_cast<SetBlasThreads>(symbol)(threads);
}

void set_deterministic(std::uint64_t seed) {
    torch::manual_seed(seed);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
}

}  // namespace ekya
