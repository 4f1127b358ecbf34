#pragma once
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/line_file.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

struct WindowKeeperOptions {
    bool replace = false;       ///< windows that are stored already
    bool drop_labels = false;   ///< also those that have labels, which go with them
    bool source_waits = false;  ///< for the disk, so that nothing is lost
};

/// The windows of one stream on their way into the store. One for which a full disk has no room is
/// lost, if its source does not wait; its place in the store says so as soon as that can be
/// written, and the next one is tried again.
class WindowKeeper {
public:
    /// @param tell takes what people are to know of windows that are lost
    WindowKeeper(Store store, WindowKeeperOptions options,
                 std::function<void(const std::string&)> tell);

    /// @return the manifest as it is, or will be, in the store
    /// @throws SystemError if it cannot be stored and the source waits; InputError if labels would
    /// be lost
    WindowManifest keep(const WindowManifest& window, const CropBatch& crops,
                        const std::vector<Store::KeptFrame>& frames);
    /// @throws SystemError if there is still no room to say which windows are lost
    void finish();

private:
    Store store_;
    WindowKeeperOptions options_;
    std::function<void(const std::string&)> tell_;
    DropTally tally_{"windows", "the store"};
    std::deque<WindowManifest> lost_;  ///< that the store does not hold yet
};

}  // namespace ekya
