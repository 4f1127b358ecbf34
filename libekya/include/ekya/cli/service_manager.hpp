#pragma once
#include <string>

#include "ekya/core/clock.hpp"

namespace ekya::cli {

/// Tells the service manager how a service stands: the protocol of sd_notify(3), which systemd
/// speaks for units of Type=notify. Where no service manager asks, nothing is sent.
class ServiceManager {
public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: programs that
    /// the service starts are none of the manager's.
    ServiceManager();
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// The service does its work.
    void ready();
    /// Settings are being read again, until ready().
    void reloading();
    /// One line for people.
    void status(const std::string& line) const;
    /// To be called often: the manager starts a service anew that does not for the time of its
    /// watchdog.
    void alive();

private:
    void send(const std::string& state) const;

    std::string socket_;
    Seconds watchdog_ = 0;  ///< 0 = there is none
    Seconds next_alive_ = 0;
    SystemClock clock_;
    bool ready_ = false, reloading_ = false;
};

}  // namespace ekya::cli
