#pragma once
#include <optional>
#include <string>

#include "ekya/video/annotations.hpp"

namespace ekya {

/// The class that the ground truth gives to the object at a place of a frame: the box at the same
/// place of the frame's list if it is the same box, else the one that overlaps most.
/// @return nothing if no annotated box overlaps with IoU >= 0.3
[[nodiscard]] std::optional<std::string> annotated_class(const AnnotationTable& table,
                                                         std::int64_t frame, std::size_t index,
                                                         const Box& box);

}  // namespace ekya
