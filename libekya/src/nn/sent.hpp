#pragma once
#include <torch/torch.h>

namespace ekya {

/// A small tensor of the CPU on another device, without waiting for what that is doing: from pinned
/// memory, which the copy keeps until it is done.
[[nodiscard]] inline torch::Tensor sent_to(const torch::Tensor& tensor,
                                           const torch::Device& device) {
    if (device.is_cpu()) return tensor;
    return tensor.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace ekya
