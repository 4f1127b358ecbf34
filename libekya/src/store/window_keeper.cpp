#include "ekya/store/window_keeper.hpp"

#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

WindowManifest emptied(WindowManifest window, const std::string& why) {
    window.frames.clear();
    window.crops = 0;
    window.gaps.push_back("none of its frames is stored: " + why);
    return window;
}

}  // namespace

WindowKeeper::WindowKeeper(Store store, WindowKeeperOptions options,
                           std::function<void(const std::string&)> tell)
    : store_(std::move(store)), options_(options), tell_(std::move(tell)) {}

WindowManifest WindowKeeper::keep(const WindowManifest& window, const CropBatch& crops,
                                  const std::vector<Store::KeptFrame>& frames) {
    const auto tell = [this](const std::string& news) {
        if (!news.empty()) tell_(news);
    };
    const bool there = store_.has_window(window.stream, window.window);
    if (there && !options_.replace) return window;
    if (there && !options_.drop_labels && store_.has_labels(window.stream, window.window))
        throw InputError("window " + std::to_string(window.window) +
                         " has labels, which would go with it; give --drop-labels too");
    try {
        finish();
        store_.write_window(window, crops, frames);
        tell(tally_.written());
        return window;
    } catch (const SystemError& e) {
        if (options_.source_waits) throw;
        tell(tally_.dropped(e.what()));
        lost_.push_back(emptied(window, e.what()));
        if (lost_.size() > limits::waiting_windows) lost_.pop_front();
    }
    const auto lost = lost_.back();
    try {
        finish();
    } catch (const SystemError&) {
        return lost;  // that is tried again with the next window
    }
    return lost;
}

void WindowKeeper::finish() {
    for (; !lost_.empty(); lost_.pop_front()) {
        CropBatch none;
        none.size = lost_.front().crop_size;
        store_.write_window(lost_.front(), none);
    }
}

}  // namespace ekya
