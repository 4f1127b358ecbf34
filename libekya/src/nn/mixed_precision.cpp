#include "mixed_precision.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>

namespace ekya {

bool multiplies_bfloat16(const torch::Device& device) {
    if (device.is_cuda()) {
        const c10::DeviceGuard guard(device);  // the question is of the current one
        return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
    }
#if defined(__x86_64__)
    return at::hasMKLDNN() && __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

void MixedPrecision::enable(bool on) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(type_, at::kBFloat16);
    at::autocast::set_autocast_enabled(type_, on);
#else
    if (type_ == torch::kCUDA) {
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(on);
    } else {
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        at::autocast::set_cpu_enabled(on);
    }
#endif
}

MixedPrecision::MixedPrecision(const torch::Device& device, bool on)
    : type_(device.type()), on_(on) {
    if (on_) enable(true);
}

MixedPrecision::~MixedPrecision() {
    if (!on_) return;
    at::autocast::clear_cache();  // of weights in bfloat16, which are other ones after the next
                                  // step
    enable(false);
}

}  // namespace ekya
