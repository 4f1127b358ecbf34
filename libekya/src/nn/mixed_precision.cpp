#include "mixed_precision.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/precision.hpp"

namespace ekya {

bool multiplies_bfloat16(const torch::Device& device) {
    if (device.is_cuda()) {
        const c10::DeviceGuard guard(device);  // the question is of the current one
        return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
    }
    return at::hasMKLDNN() && cpu_multiplies_bfloat16();
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

Precision precision_from(const std::string& name) {
    for (const auto& [value, text] : {std::pair{Precision::automatic, "auto"},
                                      {Precision::full, "full"},
                                      {Precision::mixed, "mixed"}})
        if (name == text) return value;
    throw DomainError("precision: \"" + name + "\" is not one of auto, full, mixed");
}

}  // namespace ekya
