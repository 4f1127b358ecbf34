#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "ekya/core/serving.hpp"

namespace ekya {

/// Sends requests to running inferences in the background, so that one that does not answer keeps
/// nobody waiting. Of several requests to a stream that wait, the newest counts.
class Announcer {
public:
    using Send =
        std::function<ControlReply(const std::string& stream, const ControlRequest& request)>;
    using OnProblem =
        std::function<void(const std::string& problem)>;  ///< called from another thread

    Announcer(Send send, OnProblem on_problem);
    /// What still waits is sent first.
    ~Announcer();
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

    void announce(const std::string& stream, const ControlRequest& request);

private:
    void work();

    Send send_;
    OnProblem on_problem_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::map<std::string, ControlRequest> waiting_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace ekya
