#include "ekya/wire/announcer.hpp"

#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {

Announcer::Announcer(Send send, OnProblem on_problem)
    : send_(std::move(send)), on_problem_(std::move(on_problem)), thread_([this] { work(); }) {}

Announcer::~Announcer() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    news_.notify_one();
    thread_.join();
}

void Announcer::announce(const std::string& stream, const ControlRequest& request) {
    {
        const std::lock_guard lock(mutex_);
        waiting_[stream] = request;
    }
    news_.notify_one();
}

void Announcer::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        news_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const auto [stream, request] = *waiting_.begin();
        waiting_.erase(waiting_.begin());
        lock.unlock();
        try {
            const auto reply = send_(stream, request);
            if (!reply.ok) on_problem_("stream " + stream + ": " + reply.error);
        } catch (const std::exception& e) {
            on_problem_("stream " + stream + ": " + e.what());
        }
        lock.lock();
    }
}

}  // namespace ekya
