#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "ekya/core/clock.hpp"

namespace ekya {

/// One thread of low priority that does jobs in order, for as long as the object lives. Where cores
/// are short it gets a tenth of what the process's other threads get: enough to end soon, too
/// little to hold frames up. The same thread each time keeps the allocator's and libtorch's caches
/// of threads from growing with the number of jobs.
class BackgroundThread {
public:
    BackgroundThread();
    /// Ends when all jobs are done.
    ~BackgroundThread();
    BackgroundThread(const BackgroundThread&) = delete;
    BackgroundThread& operator=(const BackgroundThread&) = delete;

    /// @param job must not throw
    void post(std::function<void()> job);
    /// CPU time that its jobs have used.
    [[nodiscard]] Seconds cpu_seconds() const;

private:
    void run();

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::deque<std::function<void()>> jobs_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace ekya
