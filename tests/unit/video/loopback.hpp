// A TCP port of this machine that answers as the test wants.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace ekya::test {

class Loopback {
public:
    /// @param serve  called with each connection's socket and its number from 0, one after the
    /// other; none = a port that
    ///               takes connections and never answers
    explicit Loopback(std::function<void(int socket, int connection)> serve = {});
    ~Loopback();
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread server_;
};

/// Reads up to the blank line that ends an HTTP or RTSP request, and gives it back.
std::string receive_request(int socket);

/// @return whether all of it went out
bool send_all(int socket, const std::string& bytes);

}  // namespace ekya::test
