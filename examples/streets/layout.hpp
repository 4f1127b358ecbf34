// The fixed part of a street: where roads, houses, lamps and signs are, and who moves along which
// line.
#pragma once

#include <string>
#include <vector>

#include "camera.hpp"
#include "random.hpp"

namespace ekya::streets {

/// A straight line that things move along.
struct Path {
    Ground from;
    Ground to;
};

struct Road {
    Ground from;
    Ground to;
    double width = 7.5;               ///< metres, both directions together
    double pavement = 3.0;            ///< metres, on each side
    std::vector<double> crossings{};  ///< zebra crossings, metres after `from`
};

/// A row of houses on a line; its right-hand side, walking from -> to, looks at the street.
struct Facade {
    Ground from;
    Ground to;
};

struct Layout {
    Camera camera;
    std::vector<Road> roads{};
    std::vector<Facade> facades{};
    std::vector<Ground> lamps{};
    std::vector<Ground> stalls{};
    std::vector<Ground> trees{};
    std::vector<Ground> sign_spots{};
    std::vector<Path> lanes{};  ///< cars and trucks
    std::vector<Path> cycleways{};
    std::vector<Path> walks{};
};

/// The name of a camera, also that of its files: "crossing", "main-street", "market", ...
[[nodiscard]] std::string street_name(int camera);

/// The street of one camera; the random numbers move it a little, so that two cameras of one kind
/// differ.
[[nodiscard]] Layout make_layout(int camera, cv::Size frame, Random& random);

}  // namespace ekya::streets
