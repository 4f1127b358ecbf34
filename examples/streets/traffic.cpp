#include "traffic.hpp"

#include <algorithm>
#include <cmath>

namespace ekya::streets {
namespace {

constexpr double vehicle_speed = 8;  // metres per second, on average
constexpr double cyclist_speed = 4.6;
constexpr double walk_seconds = 5;    // from one door to the next
constexpr double sign_seconds = 6.5;  // signs are moved, turned and taken away all the time
constexpr double farthest = 48;       // metres; beyond, objects are too small for a box

bool in_picture(const Layout& layout, Ground place) {
    return layout.camera.sees(place) && place.z < farthest;
}

double visible_length(const Layout& layout, const Path& path) {
    const double size = length(path.to - path.from);
    double seen = 0;
    for (double at = 0; at < size; at += 1)
        seen += in_picture(layout, path.from + unit(path.to - path.from) * at) ? 1 : 0;
    return seen;
}

}  // namespace

TrafficModel::TrafficModel(const Layout& layout, Random& random)
    : layout_(layout), random_(random) {
    lane_metres_ = visible_metres(layout.lanes);
    cycle_metres_ = visible_metres(layout.cycleways);
    add_props();
}

double TrafficModel::visible_metres(const std::vector<Path>& paths) const {
    double sum = 0;
    for (const auto& path : paths) sum += visible_length(layout_, path);
    return std::max(sum / static_cast<double>(paths.size()), 1.0);
}

bool TrafficModel::lane_free(std::size_t lane, Ground start) const {
    return std::ranges::none_of(actors_, [&](const Actor& other) {
        const bool vehicle = other.kind == Kind::car || other.kind == Kind::truck ||
                             (other.kind == Kind::sign && other.speed > 0);
        return vehicle && other.lane == lane && length(other.place() - start) < 12;
    });
}

void TrafficModel::step(double now, double seconds, const Condition& condition) {
    move(seconds, condition);
    std::erase_if(actors_, [&](const Actor& actor) {
        return actor.progress > length(actor.path.to - actor.path.from) || now > actor.expires;
    });
    spawn(now, seconds, condition);
}

void TrafficModel::move(double seconds, const Condition& condition) {
    for (auto& actor : actors_) {
        const bool vehicle = actor.kind == Kind::car || actor.kind == Kind::truck;
        actor.pace = actor.speed * (vehicle ? condition.traffic.pace : 1);
        if (vehicle) {  // nobody drives into the one ahead
            for (const auto& other : actors_) {
                const bool same = &other != &actor && other.lane == actor.lane && other.speed > 0 &&
                                  (other.kind == Kind::car || other.kind == Kind::truck ||
                                   other.kind == Kind::sign);
                const double gap = other.progress - actor.progress;
                if (same && gap > 0 && gap < 11)
                    actor.pace = std::min(actor.pace, other.pace * std::max(gap - 6, 0.0) / 5);
            }
        }
        actor.progress += actor.pace * seconds;
        const double rhythm = actor.kind == Kind::bicycle ? 1.6 : 4.2;  // radians per metre
        actor.phase += rhythm * actor.pace * seconds;
    }
}

void TrafficModel::spawn(double now, double seconds, const Condition& condition) {
    const auto& traffic = condition.traffic;
    const double driving = lane_metres_ / (vehicle_speed * traffic.pace),
                 riding = cycle_metres_ / cyclist_speed;
    if (random_.chance(traffic.cars / driving * seconds)) add_vehicle(Kind::car, now, condition);
    if (random_.chance(traffic.trucks / driving * seconds))
        add_vehicle(Kind::truck, now, condition);
    if (random_.chance(traffic.bicycles / riding * seconds)) add_cyclist(now, condition);
    if (random_.chance(traffic.pedestrians / walk_seconds * seconds))
        add_pedestrian(now, condition);
    if (random_.chance(traffic.signs / sign_seconds * seconds)) add_sign(now, condition);
}

void TrafficModel::add_vehicle(Kind kind, double now, const Condition& condition) {
    const std::size_t first = random_.below(layout_.lanes.size());
    for (std::size_t i = 0; i < layout_.lanes.size(); ++i) {  // the next lane when one is full
        const std::size_t lane = (first + i) % layout_.lanes.size();
        if (!lane_free(lane, layout_.lanes[lane].from)) continue;
        Actor actor{.kind = kind,
                    .look = vehicle_look(kind, condition.fashion, random_),
                    .path = layout_.lanes[lane]};
        actor.lane = lane;
        actor.speed = vehicle_speed * random_.uniform(0.8, 1.25);
        actor.born = now;
        actors_.push_back(actor);
        return;
    }
}

void TrafficModel::add_cyclist(double now, const Condition& condition) {
    Actor actor{.kind = Kind::bicycle,
                .look = cyclist_look(condition.fashion, random_),
                .path = layout_.cycleways[random_.below(layout_.cycleways.size())]};
    const Ground aside{random_.uniform(-0.4, 0.4), random_.uniform(-0.4, 0.4)};
    actor.path = {actor.path.from + aside, actor.path.to + aside};
    actor.speed = cyclist_speed * random_.uniform(0.75, 1.3);
    actor.born = now;
    actor.phase = random_.uniform(0, 6);
    actors_.push_back(actor);
}

void TrafficModel::add_pedestrian(double now, const Condition& condition) {
    const auto& walk = layout_.walks[random_.below(layout_.walks.size())];
    const auto along = unit(walk.to - walk.from);
    const double size = length(walk.to - walk.from);
    Actor actor{.kind = Kind::pedestrian,
                .look = pedestrian_look(condition.fashion, random_),
                .path = walk};
    for (int attempt = 0; attempt < 20;
         ++attempt) {  // from one visible place to another: doors and stops
        const auto start = walk.from + along * random_.uniform(0, size);
        if (!in_picture(layout_, start) || start.z > 48) continue;
        const auto way = random_.chance(0.5) ? along : along * -1.0;
        const auto aside = right_of(along) * random_.uniform(-1.1, 1.1);
        actor.speed = random_.uniform(1.1, 2.0);
        actor.path = {
            start + aside,
            start + aside + way * (actor.speed * walk_seconds * random_.uniform(0.7, 1.4))};
        actor.born = now;
        actor.phase = random_.uniform(0, 6);
        actors_.push_back(actor);
        return;
    }
}

void TrafficModel::add_sign(double now, const Condition& condition) {
    Actor actor{.kind = Kind::sign, .look = sign_look(condition.fashion, random_), .path = {}};
    actor.born = now;
    if (actor.look.shape == 5 && random_.chance(0.5)) {  // an arrow board on a slow trailer
        const std::size_t lane = random_.below(layout_.lanes.size());
        actor.path = layout_.lanes[lane];
        actor.lane = lane;
        actor.speed = random_.uniform(3, 5);
        if (lane_free(lane, actor.path.from)) actors_.push_back(actor);
        return;
    }
    const auto spot = layout_.sign_spots[random_.below(layout_.sign_spots.size())];
    const Ground moved = spot + Ground{random_.uniform(-0.5, 0.5), random_.uniform(-0.4, 0.4)};
    for (const auto& other : actors_) {
        if (other.kind == Kind::sign && length(other.place() - moved) < 1.5) return;
    }
    actor.path = {moved, moved + Ground{1, 0}};
    actor.expires = now + sign_seconds * random_.uniform(0.5, 1.5);
    actors_.push_back(actor);
}

void TrafficModel::add_props() {
    const auto add = [&](Ground place, std::size_t shape) {
        Actor actor{.kind = Kind::prop, .look = {}, .path = {place, place + Ground{1, 0}}};
        actor.look.shape = shape;
        actor.look.main = {random_.uniform(30, 200), random_.uniform(30, 160),
                           random_.uniform(60, 210)};
        actor.look.second = {40, random_.uniform(90, 170), random_.uniform(150, 230)};
        actor.look.third = {50, random_.uniform(120, 180), random_.uniform(60, 120)};
        actors_.push_back(actor);
    };
    for (const auto& lamp : layout_.lamps) add(lamp, 0);
    for (const auto& stall : layout_.stalls) add(stall, 1);
}

}  // namespace ekya::streets
