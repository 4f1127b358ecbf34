#pragma once
#include <string>

namespace ekya {

/// The numbers that convolutions and matrix products are computed with. In a training weights,
/// statistics and the loss have all of float whatever it is.
enum class Precision {
    automatic,  ///< mixed where the device multiplies bfloat16 itself and the network gains from
                ///< it, else full
    full,       ///< float
    mixed       ///< bfloat16
};
/// @throws DomainError for a name that is not auto, full or mixed
[[nodiscard]] Precision precision_from(const std::string& name);

}  // namespace ekya
