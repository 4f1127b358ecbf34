#include "ekya/cli/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "ekya/core/text.hpp"

namespace ekya::cli {
namespace {

std::string taken(const char* variable) {
    const char* const value = std::getenv(variable);
    std::string text = value ? value : "";
    ::unsetenv(variable);
    return text;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(taken("NOTIFY_SOCKET")) {
    const auto process = taken("WATCHDOG_PID");
    const auto microseconds = std::strtod(taken("WATCHDOG_USEC").c_str(), nullptr);
    if (microseconds > 0 && (process.empty() || process == std::to_string(::getpid())))
        watchdog_ = microseconds / 1e6;
}

ServiceManager::~ServiceManager() {
    if (ready_) send("STOPPING=1\nSTATUS=ending");
}

void ServiceManager::ready() {
    ready_ = true;
    reloading_ = false;
    send("READY=1");
}

void ServiceManager::reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    reloading_ = true;
    send("RELOADING=1\nMONOTONIC_USEC=" +
         std::to_string(now.tv_sec * 1000000LL + now.tv_nsec / 1000));
}

void ServiceManager::status(const std::string& line) const {
    send("STATUS=" + printable(without_secrets(line)));
}

void ServiceManager::alive() {
    if (reloading_) ready();
    if (watchdog_ <= 0 || clock_.now() < next_alive_) return;
    next_alive_ = clock_.now() + watchdog_ / 4;
    send("WATCHDOG=1");
}

/// A message that does not arrive is no reason to end: the manager misses it and acts.
void ServiceManager::send(const std::string& state) const {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    if (socket_[0] != '/' && socket_[0] != '@') return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') address.sun_path[0] = '\0';  // an abstract name
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    (void)::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&address), size);
    ::close(descriptor);
}

}  // namespace ekya::cli
