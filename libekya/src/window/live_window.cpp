#include "ekya/window/live_window.hpp"

#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/journal.hpp"

namespace ekya {

WindowOutcome run_live_window(LiveWindow window, const Store& store, Executor& jobs, Clock& clock,
                              std::function<void()> check,
                              const std::function<void(const std::string&)>& say,
                              std::function<void(const JobEnd&)> others) {
    const int number = window.options.window;
    window.serving.streams = window.options.streams;
    StoreJobs stages(store, number, window.stages, jobs, std::move(others));
    LiveServing serving(store, window.serving, say);
    auto hooks = store_hooks(store, say);
    hooks.check = std::move(check);
    JournalFile journal(
        window.journal.empty() ? window.journal : window_logs(store, number) / window.journal, say);
    const auto streams = window.options.streams;
    // Damage in what was recorded long ago shows only where it is learned from.
    const auto look_at = [&](const std::string& stream) {
        for (const auto& text : set_aside_all_damaged(store, stream)) say(text);
    };
    try {
        auto outcome = run_journaled(std::move(window.options), clock, stages, serving,
                                     std::move(hooks), journal);
        for (const auto& [stream, why] : outcome.failed) look_at(stream);
        return outcome;
    } catch (const InputError&) {
        for (const auto& stream : streams) look_at(stream);
        throw;
    }
}

}  // namespace ekya
