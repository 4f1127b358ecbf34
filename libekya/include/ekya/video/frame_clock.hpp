#pragma once
#include <cstdint>
#include <limits>
#include <optional>

#include "ekya/core/config.hpp"

namespace ekya {

/// Turns the timestamps of decoded frames into indices and times that always grow. A single
/// timestamp that is damaged (it goes back, or leaps far ahead) moves no later frame; a leap beyond
/// limits::leap_seconds moves none at all.
class FrameClock {
public:
    struct Place {
        std::int64_t index;
        Seconds time;
        Seconds leap = 0;  ///< by which the timestamps leapt ahead; time runs on without it
    };

    /// @param fps            nominal rate; > 0
    /// @param constant_rate  number frames by timestamp, so that lost ones leave holes; else count.
    /// Ends by itself
    ///                       when timestamps turn out not to be multiples of 1/fps.
    FrameClock(double fps, bool constant_rate);

    /// @param timestamp  of the next frame in presentation order, any origin; none = missing
    /// @param latest     the frame's time is not later, unless time stood still else
    Place place(std::optional<Seconds> timestamp,
                Seconds latest = std::numeric_limits<double>::infinity());

    /// The timestamp that counts as time 0; without this call the first one does.
    void set_origin(Seconds timestamp) { offset_ = -timestamp; }
    /// The next timestamp starts anew at this time, or one interval after the last frame if that is
    /// later.
    void continue_at(Seconds time);
    /// Of the last frame; 0 before.
    [[nodiscard]] Seconds time() const { return last_.time; }

private:
    Seconds time_of(std::optional<Seconds> timestamp);
    Seconds go_on_from(Seconds timestamp);
    std::int64_t index_at(Seconds time);

    Seconds interval_;
    Seconds longest_step_;  ///< to the next timestamp that is believed at once
    bool by_timestamp_;
    bool started_ = false;
    int off_grid_ = 0;  ///< frames in a row between two multiples of the interval
    Place last_{-1, 0};
    std::optional<Seconds> offset_;  ///< time = timestamp + offset
    std::optional<Seconds> leapt_;   ///< the timestamp before, if it went back or far ahead
    std::optional<Seconds> continue_at_;
    Seconds leap_ = 0;  ///< of the frame being placed
};

}  // namespace ekya
