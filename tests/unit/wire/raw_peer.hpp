#pragma once
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>

namespace ekya::test {

/// ZMTP 3.1 written by hand, as far as hostile peers need it.
namespace zmtp {

inline std::string greeting(const std::string& mechanism = "NULL", char version = 3) {
    std::string bytes("\xff\0\0\0\0\0\0\0\1\x7f", 10);
    bytes += version;
    bytes += '\1';
    bytes += mechanism + std::string(20 - mechanism.size(), '\0');
    return bytes + std::string(32, '\0');
}

/// @param flags 1 = more parts follow, 4 = a command
inline std::string part(const std::string& body, int flags = 0) {
    std::string bytes;
    if (body.size() < 256)
        return bytes + static_cast<char>(flags) + static_cast<char>(body.size()) + body;
    bytes += static_cast<char>(flags | 2);
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(static_cast<std::uint64_t>(body.size()) >> shift & 0xff);
    return bytes + body;
}

inline std::string command(const std::string& name, const std::string& data) {
    return part(static_cast<char>(name.size()) + name + data, 4);
}

inline std::string ready(const std::string& type) {
    return command("READY", std::string("\x0bSocket-Type", 12) + std::string(3, '\0') +
                                static_cast<char>(type.size()) + type);
}

/// A part that says how long it is, and no more.
inline std::string announced(std::uint64_t length, int flags = 0) {
    std::string bytes(1, static_cast<char>(flags | 2));
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 0xff);
    return bytes;
}

}  // namespace zmtp

/// A peer of an ipc:// endpoint that sends bytes of its choice.
class RawPeer {
public:
    explicit RawPeer(const std::string& endpoint) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = endpoint.substr(6);
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
    }
    ~RawPeer() { ::close(socket_); }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    /// Greets and waits until the other side is ready for messages. @return whether it is
    bool shake_hands(const std::string& type) {
        send(zmtp::greeting() + zmtp::ready(type));
        std::string answer;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (answer.find("READY") == std::string::npos &&
               std::chrono::steady_clock::now() < end) {
            pollfd item{socket_, POLLIN, 0};
            ::poll(&item, 1, 20);
            char bytes[200];
            const auto count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count == 0) return false;
            if (count > 0) answer.append(bytes, static_cast<std::size_t>(count));
        }
        return answer.find("READY") != std::string::npos;
    }
    /// @return how many bytes were taken within that time, before the other side closed
    std::size_t send(const std::string& bytes,
                     std::chrono::milliseconds limit = std::chrono::milliseconds(10000)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        std::size_t sent = 0;
        while (sent < bytes.size() && std::chrono::steady_clock::now() < end) {
            const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent,
                                      MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0) {
                sent += static_cast<std::size_t>(count);
                continue;
            }
            if (errno != EAGAIN) break;
            pollfd item{socket_, POLLOUT, 0};
            ::poll(&item, 1, 20);
        }
        return sent;
    }
    /// Whether the other side closes the connection within that time.
    bool is_cut_off(std::chrono::milliseconds limit = std::chrono::milliseconds(10000)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (std::chrono::steady_clock::now() < end) {
            char bytes[4096];
            const auto count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count == 0 || (count < 0 && errno != EAGAIN)) return true;
            pollfd item{socket_, POLLIN, 0};
            if (count < 0) ::poll(&item, 1, 20);
        }
        return false;
    }

private:
    int socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

}  // namespace ekya::test
