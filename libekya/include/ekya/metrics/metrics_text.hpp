#pragma once
#include <map>
#include <string>

#include "ekya/core/store_status.hpp"

namespace ekya {

/// What Prometheus reads of a store's status: its text format, version 0.0.4. One object belongs to
/// one store, since it counts what comes to pass between two statuses.
class MetricsText {
public:
    /// @param status none = there is no store, or it cannot be read
    /// @param gathering seconds of CPU time that the status took
    [[nodiscard]] std::string of(const StoreStatus* status, Seconds gathering);

private:
    struct Trainings {
        int newest = -1;  ///< window of the last one counted
        std::map<RetrainingOutcome, int> ended;
    };
    std::map<std::string, Trainings> trainings_;
};

}  // namespace ekya
