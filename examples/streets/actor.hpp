// One thing in the street and how it looks; the drawing of each kind is in a file of its own.
#pragma once

#include <cstddef>
#include <vector>

#include "camera.hpp"
#include "layout.hpp"
#include "painter.hpp"

namespace ekya::streets {

/// The classes of the annotations, in the order of streams.json; `prop` is never annotated.
enum class Kind { car, truck, bicycle, pedestrian, sign, prop };

/// Chosen when an object appears; the drawing code of its kind gives each field its meaning.
struct Look {
    std::size_t shape = 0;
    Colour main{128, 128, 128};
    Colour second{128, 128, 128};
    Colour third{128, 128, 128};
    double size = 1;
    double turn = 0;     ///< radians; signs are not quite square to the street
    bool extra = false;  ///< livery, umbrella, cargo, trailer
    std::size_t detail = 0;
};

struct Actor {
    Kind kind = Kind::car;
    Look look;
    Path path;
    std::size_t lane = 0;
    double speed = 0;      ///< metres per second, wanted
    double pace = 0;       ///< metres per second, now
    double progress = 0;   ///< metres after path.from
    double born = 0;       ///< seconds
    double expires = 1e9;  ///< seconds
    double phase = 0;      ///< of legs and pedals, radians

    [[nodiscard]] Ground heading() const { return unit(path.to - path.from); }
    [[nodiscard]] Ground place() const { return path.from + heading() * progress; }
};

/// What surrounds the drawing of every object in one frame.
struct View {
    const Camera& camera;
    Ground sun;      ///< where a shadow goes on the ground per metre of height
    double shutter;  ///< seconds that the shutter is open
};

/// A drawn part; the box of an object is that of its annotated parts.
struct Part {
    Patch patch;
    bool annotated = true;
};

[[nodiscard]] std::vector<Part> draw_vehicle(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Part> draw_cyclist(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Part> draw_pedestrian(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Part> draw_sign(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Part> draw_prop(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Part> draw_actor(const Actor& actor, const View& view);

/// Ground points around the shadow of an actor.
[[nodiscard]] std::vector<Ground> shadow_of(const Actor& actor, const View& view);
[[nodiscard]] std::vector<Ground> vehicle_shadow(const Actor& actor, const View& view);

/// Half length of a vehicle, metres.
[[nodiscard]] double vehicle_reach(const Actor& actor);

/// Pixels that an actor moves to the side while the shutter is open, at least 1.
[[nodiscard]] int smear_of(const Actor& actor, const View& view);

/// An upright board in the place of the actor that faces the camera: metres right and up to canvas
/// pixels.
class Board {
public:
    Board(const Camera& camera, Ground place)
        : foot_(camera.project(place, 0)), scale_(camera.pixels_per_metre(place.z)) {}
    [[nodiscard]] cv::Point2d at(double right, double up) const {
        return {foot_.x + right * scale_, foot_.y - up * scale_};
    }
    [[nodiscard]] double scale() const { return scale_; }
    [[nodiscard]] cv::Rect2d box(double half_width, double bottom, double top) const {
        return {at(-half_width, top), at(half_width, bottom)};
    }

private:
    cv::Point2d foot_;
    double scale_;
};

/// How much of a heading lies across the view: -1 to the left .. 1 to the right, 0 towards or away.
[[nodiscard]] inline double sideways(const Actor& actor) {
    const auto ray = unit(actor.place());
    const auto heading = actor.heading();
    return heading.x * ray.z - heading.z * ray.x;
}

}  // namespace ekya::streets
