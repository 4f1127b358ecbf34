#include "ekya/live/background_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "ekya/core/quiet_thread.hpp"

namespace ekya {
namespace {

/// Linux keeps a priority for each thread. Where it may not be lowered, loading is merely less
/// polite.
void lower_priority() {
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()),
                        ::getpriority(PRIO_PROCESS, 0) + 10);
}

}  // namespace

BackgroundThread::BackgroundThread() : thread_(quiet_thread([this] { run(); })) {}

BackgroundThread::~BackgroundThread() {
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    work_.notify_one();
    thread_.join();
}

void BackgroundThread::post(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    work_.notify_one();
}

Seconds BackgroundThread::cpu_seconds() const {
    clockid_t clock{};
    timespec time{};
    if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0 ||
        clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void BackgroundThread::run() {
    lower_priority();
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [this] { return done_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // what it holds goes here, not when the next one comes
        lock.lock();
    }
}

}  // namespace ekya
