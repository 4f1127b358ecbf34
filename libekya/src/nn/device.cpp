#include "ekya/nn/device.hpp"

#include <dlfcn.h>
#include <torch/torch.h>

#include <charconv>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

std::string resolve_device(const std::string& wish) {
    const int present =
        torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    if (wish == "cpu" || (wish == "auto" && present == 0)) return "cpu";
    if (wish == "auto") return "cuda:0";

    int index = 0;
    bool understood = wish == "cuda";
    if (wish.starts_with("cuda:") && wish.size() > 5) {
        const char* const end = wish.data() + wish.size();
        const auto [stopped, error] = std::from_chars(wish.data() + 5, end, index);
        understood = error == std::errc() && stopped == end && index >= 0;
    }
    if (!understood) throw ConfigError("device: \"" + wish + "\" is not auto, cpu, cuda or cuda:N");
    if (index >= present)
        throw ConfigError("device: \"" + wish + "\" is not there: " + std::to_string(present) +
                          " CUDA devices found");
    return "cuda:" + std::to_string(index);
}

std::string device_kind(const std::string& device) {
    if (device != "cpu") return "cuda";
    return "cpu of " + std::to_string(device_cores()) + (device_cores() == 1 ? " core" : " cores");
}

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
