#include "ekya/live/tracker.hpp"

#include <algorithm>

namespace ekya {
namespace {

/// Boxes of one object overlap at least so much. Frames may lie far apart: on a highway at 3 frames
/// per second cars move by half their length to twice their length from one to the next, and an
/// object of which the velocity is not known is looked for in that distance. Enlarged boxes of
/// equal size reach IoU 0.1 up to 2.4 lengths apart, boxes as they are up to 0.8 lengths, which is
/// for errors of a known velocity. Of more than one candidate the nearest has the largest IoU.
constexpr double least_iou = 0.1;
constexpr int most_missed = 2;         // updates in a row; the track is kept that long
constexpr double newest_weight = 0.5;  // of the velocity between the last two frames

Box enlarged(const Box& box) {
    return {box.x0 - box.width(), box.y0 - box.height(), box.x1 + box.width(),
            box.y1 + box.height()};
}

}  // namespace

Box Tracker::Track::at(Seconds time) const {
    const auto [x, y] = velocity.value_or(Velocity{});
    const double dx = x * (time - found), dy = y * (time - found);
    return {object.box.x0 + dx, object.box.y0 + dy, object.box.x1 + dx, object.box.y1 + dy};
}

void Tracker::Track::move_to(const ClassifiedObject& next, Seconds time) {
    if (const Seconds took = time - found; took > 0) {
        const Box &from = object.box, &to = next.box;
        Velocity seen{(to.x0 + to.x1 - from.x0 - from.x1) / 2 / took,
                      (to.y0 + to.y1 - from.y0 - from.y1) / 2 / took};
        if (velocity) {
            seen.x = newest_weight * seen.x + (1 - newest_weight) * velocity->x;
            seen.y = newest_weight * seen.y + (1 - newest_weight) * velocity->y;
        }
        velocity = seen;
    }
    object = next;
    found = time;
    missed = 0;
}

std::vector<ClassifiedObject> Tracker::update(Seconds time, std::vector<ClassifiedObject> objects) {
    if (time < time_) end_all();
    time_ = time;
    for (auto& track : tracks_) ++track.missed;
    go_on(time, objects);
    associate(time, objects, true);
    associate(time, objects, false);
    std::erase_if(tracks_, [](const Track& track) { return track.missed > most_missed; });
    begin(time, objects);
    return objects;
}

/// Tracks that the objects have already.
void Tracker::go_on(Seconds time, const std::vector<ClassifiedObject>& objects) {
    for (const auto& object : objects) {
        if (object.track < 0) continue;
        next_id_ = std::max(next_id_, object.track + 1);
        const auto track = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& t) {
            return t.object.track == object.track;
        });
        if (track == tracks_.end())
            tracks_.push_back({object, time, {}, 0});
        else
            track->move_to(object, time);
    }
}

/// Tracks that were not found yet, with or without a velocity, and objects that have none.
void Tracker::associate(Seconds time, std::vector<ClassifiedObject>& objects, bool moving) {
    struct Pair {
        double overlap;
        Track* track;
        ClassifiedObject* object;
    };
    std::vector<Pair> pairs;
    for (auto& track : tracks_) {
        if (track.missed == 0 || track.velocity.has_value() != moving) continue;
        const Box predicted = moving ? track.at(time) : enlarged(track.at(time));
        for (auto& object : objects) {
            if (object.track >= 0 || object.class_name != track.object.class_name) continue;
            const double overlap = iou(predicted, moving ? object.box : enlarged(object.box));
            if (overlap >= least_iou) pairs.push_back({overlap, &track, &object});
        }
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.overlap > b.overlap; });
    for (const auto& [overlap, track, object] : pairs) {
        if (track->missed == 0 || object->track >= 0) continue;
        object->track = track->object.track;
        track->move_to(*object, time);
    }
}

void Tracker::begin(Seconds time, std::vector<ClassifiedObject>& objects) {
    for (auto& object : objects) {
        if (object.track >= 0) continue;
        object.track = next_id_++;
        tracks_.push_back({object, time, {}, 0});
    }
}

std::vector<ClassifiedObject> Tracker::predicted(Seconds time, double frame_width,
                                                 double frame_height) const {
    std::vector<ClassifiedObject> objects;
    if (time < time_) return objects;
    for (const auto& track : tracks_) {
        if (track.missed > 0) continue;
        const Box box = clip(track.at(time), frame_width, frame_height);
        if (box.width() < 1 || box.height() < 1) continue;
        objects.push_back(track.object);
        objects.back().box = box;
    }
    return objects;
}

}  // namespace ekya
