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
    try {
        return run_journaled(std::move(window.options), clock, stages, serving, std::move(hooks),
                             journal);
    } catch (const InputError&) {  // the next window is not to fail for the same record
        for (const auto& stream : streams)
            for (const auto& text : set_aside_damaged_records(store, stream)) say(text);
        throw;
    }
}

}  // namespace ekya
