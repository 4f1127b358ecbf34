#pragma once
#include <string>

#include "ekya/report/picture.hpp"

namespace ekya::report {

enum class PictureFormat { svg, png };

/// Draws a picture with gnuplot, which runs as a child of this process without a shell, without
/// its own start-up files, on a script that holds all data.
/// @return the bytes of the file
/// @throws Error if there is no gnuplot, naming its package, or if it fails, with what it said
[[nodiscard]] std::string draw(const Picture& picture, PictureFormat format);

}  // namespace ekya::report
