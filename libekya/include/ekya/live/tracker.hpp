#pragma once
#include <optional>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/core/serving.hpp"

namespace ekya {

/// Follows the objects of one stream from each analysed frame to the next, and says where they
/// should be in between: each moves on as it did. A found object belongs to the track of its class
/// whose predicted box has the largest IoU with it, largest first; a track that has no velocity yet
/// comes after those that have one, and is compared by boxes that are enlarged on each side by
/// their own size. A track ends when its object was not found three times in a row.
/// Source: Bewley et al., "Simple online and realtime tracking" (SORT), ICIP 2016: constant
///         velocity, association by IoU; Yang et al., "Hard to track objects with irregular motions
///         and similar appearances?" (C-BIoU), WACV 2023: enlarged boxes.
/// Ours:   the mean of old and new velocity instead of a Kalman filter; greedy association instead
///         of the Hungarian algorithm.
class Tracker {
public:
    /// Gives the objects of an analysed frame their tracks. Those that have one already, of an
    /// earlier run, keep it. A frame before the last one ends all tracks: the stream begins anew.
    [[nodiscard]] std::vector<ClassifiedObject> update(Seconds time,
                                                       std::vector<ClassifiedObject> objects);
    /// The objects of the last update where they should be at a later time, inside the frame; those
    /// that have left it are missing.
    [[nodiscard]] std::vector<ClassifiedObject> predicted(Seconds time, double frame_width,
                                                          double frame_height) const;
    /// Ends all tracks: what is found from now on is something else.
    void end_all() { tracks_.clear(); }

private:
    struct Velocity {
        double x = 0, y = 0;  // pixels a second
    };
    struct Track {
        ClassifiedObject object;  // as it was found last
        Seconds found = 0;        // when that was
        std::optional<Velocity> velocity;
        int missed = 0;  // updates since then
        [[nodiscard]] Box at(Seconds time) const;
        void move_to(const ClassifiedObject& object, Seconds time);
    };
    void go_on(Seconds time, const std::vector<ClassifiedObject>& objects);
    void associate(Seconds time, std::vector<ClassifiedObject>& objects, bool moving);
    void begin(Seconds time, std::vector<ClassifiedObject>& objects);

    std::vector<Track> tracks_;
    Seconds time_ = 0;  // of the last update
    int next_id_ = 0;
};

}  // namespace ekya
