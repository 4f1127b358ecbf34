#pragma once
#include <vector>

#include "ekya/core/estimate.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// What a store has recorded: predictions, and as far as retrainings were run what came out.
struct RecordedProfiles {
    std::vector<StreamEstimate> predicted;
    std::vector<StreamEstimate> truth;  ///< what ekya-profile --exhaustive measured, or as
                                        ///< predicted, but with what is on the cards
};

/// Reads all estimates of a store, the exhaustive measurements beside them, and the models trained
/// in their windows. Where a window was measured exhaustively, that is its truth. Elsewhere, a
/// configuration that was never run keeps its estimate; one that was has its card's accuracy
/// (held-out labels, if it had any) and device-seconds, and the stream's start accuracy is then the
/// parent's on the same labels.
/// @throws InputError for damaged records, and for a store without estimates
[[nodiscard]] RecordedProfiles read_recorded_profiles(const Store& store);

}  // namespace ekya
