#pragma once
#include <cstddef>
#include <functional>

namespace ekya {

/// Calls work(0) ... work(count - 1) on so many threads, each index once. The first exception stops
/// what has not begun and comes back here. Private to the module.
/// @param progress called between two pieces of work with the number done, never by two threads at
/// once
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& progress);

}  // namespace ekya
