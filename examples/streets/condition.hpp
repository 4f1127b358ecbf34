// Everything that drifts: light, weather, what is on the road and how it looks.
#pragma once

#include <opencv2/core.hpp>

namespace ekya::streets {

struct Light {
    cv::Vec3d gain{1, 1, 1};  ///< factor on blue, green, red of what the sky lights
    double lamps = 0;         ///< street lamps and head lights, 0 off .. 1 on
    double shadow = 0.4;      ///< how much a cast shadow takes away, 0 .. 1
    double shadow_x = 0.5;    ///< metres a shadow moves to the right per metre of height
    double shadow_z = 0.3;    ///< the same, away from the camera
    double noise = 3;         ///< sensor noise, standard deviation in grey levels
    double shutter = 0.08;    ///< share of a frame's time that the shutter is open: motion blur
};

struct Weather {
    double rain = 0;  ///< 0 .. 1, all three
    double fog = 0;
    double snow = 0;
};

/// Mean number of objects in the picture.
struct Traffic {
    double cars = 3;
    double trucks = 1.5;
    double bicycles = 1.7;
    double pedestrians = 3;
    double signs = 2;
    double pace = 1;  ///< factor on the speed of vehicles; < 1 in a rush hour
};

/// Which share of the new objects has the looks of later days.
struct Fashion {
    double vehicles = 0;   ///< delivery vans, pickups, small and low cars, other liveries
    double cargo = 0;      ///< cargo bicycles
    double umbrellas = 0;  ///< pedestrians under umbrellas
    double temporary = 0;  ///< yellow and orange signs of roadworks
};

struct Condition {
    Light light;
    Weather weather;
    Traffic traffic;
    Fashion fashion;
};

/// From a (share 0) to b (share 1), every quantity on a straight line.
[[nodiscard]] Condition mix(const Condition& a, const Condition& b, double share);

namespace lights {
[[nodiscard]] Light day();
[[nodiscard]] Light overcast();
[[nodiscard]] Light low_sun();
[[nodiscard]] Light night();
[[nodiscard]] Light dawn();
}  // namespace lights

namespace traffics {
[[nodiscard]] Traffic mixed();
[[nodiscard]] Traffic rush_hour();
[[nodiscard]] Traffic deliveries();
[[nodiscard]] Traffic market();
[[nodiscard]] Traffic school_run();
[[nodiscard]] Traffic roadworks();
}  // namespace traffics

}  // namespace ekya::streets
