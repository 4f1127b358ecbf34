#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "ekya/core/store_status.hpp"

namespace ekya {

/// By what the cameras of a status are ordered.
enum class CameraOrder {
    name,   ///< of the stream
    state,  ///< those with problems first
    score,  ///< the worst first
    speed,  ///< the slowest inference first
    age     ///< the oldest model first
};
/// Cameras that are alike in it stay ordered by name.
void order_cameras(StoreStatus& status, CameraOrder order);

/// A line of a status, as people read it.
struct StatusLine {
    enum class Kind { heading, titles, camera, problem, detail };
    Kind kind = Kind::detail;
    std::string text;
    bool is_bad = false;  ///< a problem is meant, which the text says as well
};

/// What stands above the cameras: who runs the store, its window, its disk, what is wrong.
[[nodiscard]] std::vector<StatusLine> heading_lines(const StoreStatus& status, std::size_t width);

/// A line of titles and one for each camera, each followed by what else is to be said of it.
/// Columns that the width has no room for are left out, the least important first.
[[nodiscard]] std::vector<StatusLine> camera_lines(const StoreStatus& status, std::size_t width);

/// Both, with an empty line between them.
[[nodiscard]] std::vector<StatusLine> picture(const StoreStatus& status, std::size_t width);

/// The first characters of a text, with ".." at the end if that is not all of it.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t width);

}  // namespace ekya
