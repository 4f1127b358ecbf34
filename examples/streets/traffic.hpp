// Who is in the street: objects appear, move and leave, as many of each kind as the condition asks
// for.
#pragma once

#include <vector>

#include "actor.hpp"
#include "condition.hpp"
#include "layout.hpp"
#include "random.hpp"

namespace ekya::streets {

class TrafficModel {
public:
    TrafficModel(const Layout& layout, Random& random);

    /// Moves everything on by one step and lets new objects appear.
    void step(double now, double seconds, const Condition& condition);
    [[nodiscard]] const std::vector<Actor>& actors() const { return actors_; }

private:
    /// How long things on these paths stay in the picture at 1 m/s, in all.
    [[nodiscard]] double visible_metres(const std::vector<Path>& paths) const;
    [[nodiscard]] bool lane_free(std::size_t lane, Ground start) const;

    void move(double seconds, const Condition& condition);
    void spawn(double now, double seconds, const Condition& condition);
    void add_vehicle(Kind kind, double now, const Condition& condition);
    void add_cyclist(double now, const Condition& condition);
    void add_pedestrian(double now, const Condition& condition);
    void add_sign(double now, const Condition& condition);
    void add_props();

    const Layout& layout_;
    Random& random_;
    std::vector<Actor> actors_;
    double lane_metres_ = 1;
    double cycle_metres_ = 1;
};

/// The looks of a new object; later ones with the probabilities of the fashion.
[[nodiscard]] Look vehicle_look(Kind kind, const Fashion& fashion, Random& random);
[[nodiscard]] Look cyclist_look(const Fashion& fashion, Random& random);
[[nodiscard]] Look pedestrian_look(const Fashion& fashion, Random& random);
[[nodiscard]] Look sign_look(const Fashion& fashion, Random& random);

}  // namespace ekya::streets
