#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

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
    std::uintmax_t kept = 0;  ///< bytes of all of that that are left, needed or not
    /// Bytes of the store that count towards no limit, as nothing of them is deleted: what was set
    /// aside, and files of others.
    std::uintmax_t uncounted = 0;
    bool too_much = false;  ///< more than the rule allows: all of it is still needed
    int stuck = 0;          ///< that could not be deleted
    std::string why;        ///< of the last of them
};

/// Deletes what the rule does not keep, oldest first: windows with their crops and frames, models,
/// logs, job records and the records of windows. Never: the models that serve, the ones before and
/// their parents, models with a file named `pinned` beside their card, the newest windows of a
/// stream, and the newest labelled windows that hold its exemplars. Frames go as soon as their
/// window is labelled, or is none of the newest; those whose labels are learned from stay with it.
/// What killed programs left half written goes after an hour. A directory is renamed before it
/// goes, so readers see all of it or nothing.
/// What cannot be deleted stays and is counted, e.g. all models of a stream whose record of what
/// serves cannot be read; other streams go on. What serves is looked at again before a model goes.
/// @param now Unix time
/// @param going told of each thing just before it goes
Pruned prune(const Store& store, const RetentionRule& rule, double now,
             const std::function<void(const std::filesystem::path&)>& going = {});

/// Deletes only the frames that prune() would delete, and looks for them at the newest windows
/// alone: for every window, where prune() looks through the whole store. @return how many
int prune_frames(const Store& store, const RetentionRule& rule);

/// Bytes that can still be written below a directory.
[[nodiscard]] std::uintmax_t free_bytes(const std::filesystem::path& directory);

}  // namespace ekya
