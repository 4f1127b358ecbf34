#pragma once
#include <span>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/core/truth.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// What a store has recorded of all its streams and windows.
struct RecordedProfiles {
    std::vector<ProfileRecord> predicted;
    std::vector<PlanningInput> truth;  ///< of the same streams and windows, in the same order
};

/// Reads all profiles of a store. The truth of a window is what ekya-profile --exhaustive measured,
/// where it was run. Elsewhere it is the profile with what the models trained in the window say:
/// their accuracy (on held-out labels, if there were any) and device-seconds, and their parent's
/// accuracy as the stream's accuracy. Configurations that were not trained keep their estimate.
/// @throws InputError for damaged records, for a store without profiles, and as require_same_starts
[[nodiscard]] RecordedProfiles read_recorded_profiles(const Store& store);

/// What retrainings from one model bring says nothing of those from another.
/// @throws InputError if the truth of a stream and window was measured with retrainings that start
/// elsewhere, or remember other windows, than those profiled; profiles whose deployed model is not
/// known are not compared
void require_same_starts(std::span<const ProfileRecord> profiles, std::span<const Truth> truths);

}  // namespace ekya
