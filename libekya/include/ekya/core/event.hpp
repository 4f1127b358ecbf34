#pragma once
#include <string>

namespace ekya {

/// What happened to a service that its operator may want to act on (schema ekya.event/1).
struct Event {
    enum class Kind {
        drift,          ///< the serving model is less accurate than when it was promoted
        camera_lost,    ///< no frames come from the camera
        camera_back,    ///< frames come again
        model_refused,  ///< a retrained model is kept from serving by guarded promotion
        model_served,   ///< another model serves
        disk_low,       ///< nothing is recorded until the disk has room
        disk_ok         ///< it has
    };
    Kind kind = Kind::drift;
    std::string utc;     ///< wall-clock time, RFC 3339
    std::string stream;  ///< empty = the whole service
    int window = -1;     ///< that it was found out in; -1 = no certain one
    std::string model;   ///< id of the model that serves, or is refused; empty = none
    std::string reason;  ///< for people; empty = nothing to say
};

/// "camera_lost", as the record says it.
[[nodiscard]] std::string name_of(Event::Kind kind);

}  // namespace ekya
