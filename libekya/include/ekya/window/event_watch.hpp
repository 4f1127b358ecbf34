#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/event.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// Decides what of a service is an event. It is told what the service sees and looks at what the
/// stages leave in the store; each event is told once, when it begins.
class EventWatch {
public:
    using Tell = std::function<void(const Event&)>;
    EventWatch(Store store, const Clock& clock, Tell tell);

    /// Looks whether frames come from these cameras, and which models serve them. Cameras that are
    /// new are taken as they are; those that are left out are forgotten.
    void look_at(const std::vector<std::string>& cameras);
    /// A window of these cameras is over: what its profiles and retrainings say.
    void window_over(int window, const std::vector<std::string>& cameras);
    /// @param low nothing is recorded for want of room
    void disk(bool low, const std::string& reason);

    /// For so long no frames have come when a camera is lost; a shorter time is a reconnect.
    static constexpr Seconds lost_after = 5;

private:
    struct Camera {
        std::string model;            // that served last
        std::optional<Seconds> away;  // since when
        bool lost = false;            // told
        bool drifted = false;         // told
    };
    void look_at_frames(const std::string& id, Camera& camera);
    void look_at_model(const std::string& id, Camera& camera, bool is_new);
    void look_for_drift(int window, const std::string& id, Camera& camera);
    void look_for_refusal(int window, const std::string& id);
    void tell(Event::Kind kind, const std::string& stream, const std::string& reason = "",
              int window = -1, const std::string& model = "") const;

    Store store_;
    LiveFiles files_;
    const Clock& clock_;
    Tell tell_;
    std::map<std::string, Camera> cameras_;
    bool disk_low_ = false;
};

}  // namespace ekya
