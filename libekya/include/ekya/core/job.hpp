#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// What a running job is told (schema ekya.job-order/1).
struct JobOrder {
    enum class State {
        run,
        pause,   ///< no process of it gets the device; memory is kept
        finish,  ///< comes to its end by itself with what it has (SIGUSR1); runs on until then
        stop     ///< asked to end, killed if it does not within a second
    };
    State state = State::run;
    double share = 0;  ///< of one device; >= 0, 0 = no limit
    friend bool operator==(const JobOrder&, const JobOrder&) = default;
};

/// What a job was granted and used in a stretch of time (schema ekya.job-use/1). A stretch ends
/// with each change.
struct JobUse {
    double time = 0;      ///< Unix time at which it began
    Seconds seconds = 0;  ///< that it lasts
    double share = 0;     ///< of one device; 0 = no limit
    bool paused = false;
    Seconds used = 0;  ///< device-seconds of all its processes
    Seconds throttled =
        0;  ///< CPU seconds it wanted and did not get, by the limit; 0 where that is not counted

    /// Device-seconds; of a job without limit those of one device.
    [[nodiscard]] Seconds granted() const { return paused ? 0 : seconds * (share > 0 ? share : 1); }
};

/// A job that runs or has run with a share of a device (schema ekya.job/1).
struct JobRecord {
    std::string id;
    std::string executor;  ///< how the share is held: cgroup, mps, threads
    std::string host;
    int pid = 0;  ///< of the job itself, not of who holds it
    std::vector<std::string> command;
    std::string state = "running";  ///< running, paused, ended
    double share = 0;               ///< now
    int cores = 1;                  ///< that make a device without GPU
    double started = 0;             ///< Unix time
    Seconds granted = 0, used = 0;  ///< device-seconds so far
    int changes = 0;                ///< of its share, pauses and resumes among them
    std::optional<int> exit_code =
        {};  ///< once it has ended: 128 + n by signal n, 124 at the deadline
};

}  // namespace ekya
