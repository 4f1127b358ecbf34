// The bodies of cars and trucks: a side profile that is extruded over the width.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace ekya::streets {

/// What an edge of the profile is made of; `belly` is never seen.
enum class Material { body, glass, dark, load, belly };

/// Points are (metres before the middle, metres above the ground), front first, over the roof to
/// the rear.
struct BodyShape {
    std::vector<cv::Point2d> profile;
    std::vector<Material> edges;  ///< edge i runs from profile point i to the next one
    std::vector<std::vector<cv::Point2d>> windows;
    std::vector<cv::Point2d> load;  ///< box or loading platform in the second colour; may be empty
    std::vector<cv::Point2d> wheels;  ///< (position, radius)
    double half_width = 0.9;
};

/// Cars of the first days, then those that only come later.
[[nodiscard]] const std::vector<BodyShape>& car_shapes();
constexpr std::size_t early_car_shapes = 4;

/// The same for trucks, vans and buses.
[[nodiscard]] const std::vector<BodyShape>& truck_shapes();
constexpr std::size_t early_truck_shapes = 4;

}  // namespace ekya::streets
