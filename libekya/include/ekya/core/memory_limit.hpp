#pragma once
#include <cstddef>

namespace ekya {

/// Lets this process take so many bytes of memory beyond what it has, and leaves no core file.
/// Memory that is reserved but cannot be written, as drivers of GPUs do, does not count.
/// @return false if the system does not allow it
bool limit_memory_growth(std::size_t bytes);

}  // namespace ekya
