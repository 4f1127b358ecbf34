#include "ekya/window/next_window.hpp"

#include <algorithm>

#include "ekya/core/limits.hpp"
#include "ekya/store/quarantine.hpp"

namespace ekya {
namespace {

constexpr int highest = limits::window / 2;

/// The highest number that these windows make likely.
int highest_likely(std::vector<int> windows) {
    std::ranges::sort(windows);
    for (std::size_t i = 1; i < windows.size(); ++i) {
        const bool few = windows.size() - i <= i;
        if (windows[i] - windows[i - 1] > furthest_window && few)
            return std::min(windows[i - 1] + furthest_window, highest);
    }
    return windows.empty() || windows.back() > highest - furthest_window
               ? highest
               : windows.back() + furthest_window;
}

}  // namespace

int next_window(const Store& store, const std::vector<std::string>& listed,
                const std::function<void(const std::string&)>& say) {
    std::vector<int> windows;
    for (const auto& stream : listed) {
        const auto more = store.windows(stream);
        windows.insert(windows.end(), more.begin(), more.end());
    }
    const int last = highest_likely(std::move(windows));
    for (const auto& stream : listed)
        for (const auto& text : set_aside_windows_beyond(store, stream, last)) say(text);
    int next = 0;
    for (const auto& stream : store.streams()) {
        const auto stored = store.windows(stream);
        if (!stored.empty() && stored.back() > last)
            say("stream " + stream + ": its window " + std::to_string(stored.back()) +
                " counts for nothing: the last one is at most " + std::to_string(last));
        next = std::max(next, newest_window(store, stream, last).value_or(-1) + 1);
    }
    return next;
}

}  // namespace ekya
