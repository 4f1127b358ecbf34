#pragma once
#include <optional>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// The link to the cloud and what goes over it; megabits and megabits per second. The defaults are
/// the paper's for 4G.
struct CloudOptions {
    double uplink_mbps = 5.1;      ///< of all streams together; > 0
    double downlink_mbps = 17.5;   ///< of all streams together; > 0
    double bitrate_mbps = 4;       ///< of one stream's video; >= 0
    double upload_fraction = 0.1;  ///< part of the video that is sent; in [0, 1]
    std::optional<double> upload_megabits =
        {};  ///< per stream and window, instead of bitrate * fraction * window; >= 0
    double model_megabits = 398;  ///< of one retrained model; >= 0
};

/// The way of one stream's data up and of its model down; times are from the start of the window.
struct CloudTransfer {
    Seconds upload_starts = 0, upload_ends = 0;
    Seconds download_starts = 0, arrives = 0;
};

/// Uploads share the uplink one after the other, downloads the downlink; a model comes down as soon
/// as its data are up and the downlink is free: training in the cloud takes no time.
/// @param window seconds of video of which a part is sent; > 0
/// @param streams how many send; >= 0
/// @return one entry for each stream, in the order of sending
/// @throws DomainError naming the option
/// Source: Ekya §6, Table 3. Ours: the paper adds up all uploads and all downloads; here they
/// overlap.
[[nodiscard]] std::vector<CloudTransfer> cloud_transfers(const CloudOptions& options,
                                                         Seconds window, int streams);

/// The baseline that retrains in the cloud: video goes up, retrained models come down, and all
/// local devices serve inference. Every stream gets the model of its most accurate configuration if
/// that beats its present one. Those that gain most go first, then by name; a model that arrives
/// after the horizon never serves. A plan names these retrainings with `elsewhere`, from the moment
/// their data leave.
///
/// The devices are divided between the inference jobs by water-filling over their curves (equally
/// where that is better), anew whenever a model arrives.
/// @throws DomainError naming the stream, the field or the option
/// Source: Ekya §6, Table 3.
/// Ours:   the order, the overlap of transfers and the division of the devices, all in favour of
/// the baseline; the data
///         sent are those of a video as long as the horizon, recorded before it.
[[nodiscard]] Plan schedule_cloud(const ScheduleProblem& problem, const CloudOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy cloud_policy();

}  // namespace ekya
