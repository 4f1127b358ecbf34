#include "host_lookup.hpp"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace ekya {
namespace {

bool resolve(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
        return false;
    }
    freeaddrinfo(found);
    return true;
}

}  // namespace

std::string host_of(const std::string& url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string::npos) {
        return {};
    }
    std::string host = url.substr(scheme_end + 3);
    host.erase(std::min(host.find_first_of("/?#"), host.size()));
    host.erase(0, host.rfind('@') + 1);  // npos + 1 is 0
    if (host.starts_with('[')) {
        return host.substr(1, host.find(']') - 1);
    }
    return host.substr(0, host.find(':'));
}

bool await_lookup(const std::string& host, const Interrupt& interrupt) {
    if (host.empty() || resolve(host, AI_NUMERICHOST)) {
        return true;
    }
    // The thread may outlive the wait: it owns all that it touches.
    const auto answered = std::make_shared<std::atomic<bool>>(false);
    std::thread([host, answered] {
        (void)resolve(host, 0);
        *answered = true;
    }).detach();
    while (!*answered) {
        if (interrupt.expired() || interrupt.cancelled()) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace ekya
