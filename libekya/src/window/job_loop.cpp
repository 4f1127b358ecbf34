#include "job_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/quiet_thread.hpp"

namespace ekya {
namespace {

constexpr Seconds longest_sleep = 1;

}  // namespace

JobLoop::JobLoop() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_ < 0) throw SystemError(std::string("cannot make an eventfd: ") + strerror(errno));
    try {
        thread_ = quiet_thread([this] { run(); });
    } catch (...) {
        close(wake_);
        throw;
    }
}

JobLoop::~JobLoop() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
        for (auto& [name, entry] : running_)
            entry.job->order({JobOrder::State::stop, entry.job->record().share});
    }
    wake();
    thread_.join();
    close(wake_);
}

void JobLoop::start(const std::string& name,
                    const std::function<std::unique_ptr<SteppedJob>()>& make) {
    {
        const std::lock_guard lock(mutex_);
        if (running_.contains(name)) throw DomainError("job " + name + ": runs already");
        auto job = make();
        over_.erase(name);
        running_[name].job = std::move(job);
    }
    wake();
}

void JobLoop::order(const std::string& name, const JobOrder& order) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(name);
        if (found == running_.end()) {
            if (!over_.contains(name)) throw DomainError("job " + name + ": there is none");
            return;
        }
        found->second.job->order(order);
        found->second.due = 0;
    }
    wake();
}

std::optional<JobRecord> JobLoop::record(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(name); found != running_.end())
        return found->second.job->record();
    const auto found = over_.find(name);
    return found == over_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<JobEnd> JobLoop::wait(Seconds limit) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::duration<double>(std::clamp(limit, 0.0, 1e6)),
                    [this] { return !news_.empty(); });
    return std::exchange(news_, {});
}

void JobLoop::wake() const {
    const std::uint64_t one = 1;
    const ssize_t written = write(wake_, &one, sizeof one);
    (void)written;
}

Seconds JobLoop::step_due(const std::vector<int>& readable) {
    const Seconds now = clock_.now();
    Seconds next = longest_sleep;
    for (auto entry = running_.begin(); entry != running_.end();) {
        auto& [job, due] = entry->second;
        const bool news =
            std::find(readable.begin(), readable.end(), job->descriptor()) != readable.end();
        if (news || due <= now) due = now + job->step();
        if (job->ended()) {
            news_.push_back({entry->first, job->record()});
            over_[entry->first] = job->record();
            entry = running_.erase(entry);
            ended_.notify_all();
            continue;
        }
        next = std::min(next, due - now);
        ++entry;
    }
    return next;
}

void JobLoop::run() {
    std::vector<int> readable;
    while (true) {
        std::vector<pollfd> items{{wake_, POLLIN, 0}};
        Seconds wait = 0;
        {
            const std::lock_guard lock(mutex_);
            wait = step_due(readable);
            if (leaving_ && running_.empty()) return;
            for (const auto& [name, entry] : running_)
                if (entry.job->descriptor() >= 0)
                    items.push_back({entry.job->descriptor(), POLLIN, 0});
        }
        readable.clear();
        if (poll(items.data(), items.size(), std::max(0, int(std::ceil(1000 * wait)))) <= 0)
            continue;
        std::uint64_t count = 0;
        if (items[0].revents != 0 && read(wake_, &count, sizeof count) < 0) continue;
        for (const auto& item : items)
            if (item.revents != 0) readable.push_back(item.fd);
    }
}

}  // namespace ekya
