#pragma once
#include <cstdint>

#include "ekya/store/store.hpp"

namespace ekya {

/// What a store keeps. A limit of 0 is none.
struct RetentionRule {
    double keep_hours = 0;        ///< what is older goes
    double keep_gigabytes = 0;    ///< in all (10^9 bytes)
    double camera_gigabytes = 0;  ///< of each stream
    bool keep_frames = false;     ///< frames stay when their window has been labelled
    int exemplars = 600;          ///< labelled crops of each stream that may still be learned from
    int newest_windows = 2;       ///< of each stream, which are being learned from; >= 1

    [[nodiscard]] bool any() const {
        return keep_hours > 0 || keep_gigabytes > 0 || camera_gigabytes > 0 || !keep_frames;
    }
};

/// What was deleted.
struct Pruned {
    int frames = 0, windows = 0, models = 0, others = 0;
    std::uintmax_t bytes = 0;
    std::uintmax_t kept = 0;  ///< bytes that the store holds afterwards
    bool too_much = false;    ///< more than the rule allows: all of it is still needed
    int stuck = 0;            ///< that could not be deleted
    std::string why;          ///< of the last of them
};

/// Deletes what the rule does not keep, oldest first: windows with their crops and frames, models,
/// logs, job records and the records of windows. Never: the models that serve, the ones before and
/// their parents, models with a file named `pinned` beside their card, the newest windows of a
/// stream, and the newest labelled windows that hold its exemplars. Frames go as soon as their
/// window is labelled, or is none of the newest; those whose labels are learned from stay with it.
/// What killed programs left half written goes after an hour. A directory is renamed before it
/// goes, so readers see all of it or nothing.
/// What cannot be deleted stays and is counted.
/// @param now Unix time
Pruned prune(const Store& store, const RetentionRule& rule, double now);

/// Deletes only the frames that prune() would delete, and looks for them at the newest windows
/// alone: for every window, where prune() looks through the whole store. @return how many
int prune_frames(const Store& store, const RetentionRule& rule);

/// Bytes that can still be written below a directory.
[[nodiscard]] std::uintmax_t free_bytes(const std::filesystem::path& directory);

}  // namespace ekya
