#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/window/executor.hpp"

namespace ekya {

/// One job as a JobLoop drives it. All calls come from one thread at a time.
class SteppedJob {
public:
    virtual ~SteppedJob() = default;
    /// Looks around, never waits. @return seconds until it is to be called again, at the latest
    virtual Seconds step() = 0;
    virtual void order(const JobOrder& order) = 0;
    [[nodiscard]] virtual bool ended() const = 0;
    [[nodiscard]] virtual JobRecord record() const = 0;
    /// Something to do when it becomes readable; -1 = nothing.
    [[nodiscard]] virtual int descriptor() const { return -1; }
};

/// Drives the jobs of one executor in a thread of its own.
class JobLoop {
public:
    JobLoop();
    /// Asks all jobs to stop and waits until they have ended.
    ~JobLoop();
    JobLoop(const JobLoop&) = delete;
    JobLoop& operator=(const JobLoop&) = delete;

    /// @param make called in this thread. @throws DomainError if a job of this name runs; what
    /// make() throws
    void start(const std::string& name, const std::function<std::unique_ptr<SteppedJob>()>& make);
    void order(const std::string& name, const JobOrder& order);
    [[nodiscard]] std::optional<JobRecord> record(const std::string& name) const;
    [[nodiscard]] std::vector<JobEnd> wait(Seconds limit);

private:
    struct Entry {
        std::unique_ptr<SteppedJob> job;
        Seconds due = 0;
    };
    void run();
    /// @return seconds until the next step
    Seconds step_due(const std::vector<int>& readable);
    void wake() const;

    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::map<std::string, Entry> running_;
    std::map<std::string, JobRecord> over_;  // last records of jobs that have ended
    std::vector<JobEnd> news_;               // not handed out by wait() yet
    bool leaving_ = false;
    int wake_ = -1;
    SystemClock clock_;
    std::thread thread_;
};

}  // namespace ekya
