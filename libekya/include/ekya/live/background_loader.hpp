#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "ekya/live/background_thread.hpp"

namespace ekya {

/// Loads a model aside while the old one goes on answering; one load at a time, a newer wish
/// replaces a result that was not taken. The exchange itself happens where the caller takes the
/// result: between two frames.
template <typename Model> class BackgroundLoader {
public:
    /// Starts loading; an unfinished load is waited for first.
    void start(std::function<std::unique_ptr<Model>()> load) {
        if (loading_.valid()) loading_.wait();
        auto task = std::make_shared<std::packaged_task<std::unique_ptr<Model>()>>(std::move(load));
        loading_ = task->get_future();
        thread_.post([task] { (*task)(); });
    }
    [[nodiscard]] bool busy() const { return loading_.valid(); }
    /// True if a result (or its error) can be taken without waiting.
    [[nodiscard]] bool ready() const {
        return loading_.valid() &&
               loading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }
    /// @throws whatever the load threw
    std::unique_ptr<Model> take() { return loading_.get(); }
    /// Destroys a model that serves no longer, aside as well: giving its memory back takes time.
    void retire(std::unique_ptr<Model> model) {
        thread_.post([old = std::shared_ptr<Model>(std::move(model))]() mutable { old.reset(); });
    }
    /// CPU time that loading has used so far.
    [[nodiscard]] Seconds cpu_seconds() const { return thread_.cpu_seconds(); }

private:
    std::future<std::unique_ptr<Model>> loading_;
    BackgroundThread thread_;  // ends first: a load that still runs uses nothing that is gone
};

}  // namespace ekya
