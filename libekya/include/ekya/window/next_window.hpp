#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/store/store.hpp"

namespace ekya {

/// By how much the number of a window may be ahead of all lower ones that are stored: a year of
/// windows of three seconds. More is no pause of a camera.
inline constexpr int furthest_window = 10'000'000;

/// Where a row of windows goes on: one behind the newest stored window whose manifest can be read.
/// Numbers that no row can have reached are set aside, where there are fewer of them than of lower
/// ones: those beyond a leap of more than furthest_window, and the upper half of all numbers. A
/// stream that is not listed may be listed again, so that its windows count too, but one beyond the
/// same bounds stays where it is and counts for nothing.
/// @param say told of each window that is set aside or does not count
[[nodiscard]] int next_window(const Store& store, const std::vector<std::string>& listed,
                              const std::function<void(const std::string&)>& say);

}  // namespace ekya
