#include "loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace ekya::test {

Loopback::Loopback(std::function<void(int, int)> serve) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener_, 8) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        throw std::runtime_error("no loopback port");
    }
    port_ = ntohs(address.sin_port);
    if (serve) {
        server_ = std::thread([this, serve = std::move(serve)] {
            for (int connection = 0; !stop_;) {
                pollfd waiting{listener_, POLLIN, 0};
                if (poll(&waiting, 1, 20) <= 0) {
                    continue;
                }
                const int accepted = accept(listener_, nullptr, nullptr);
                if (accepted >= 0) {
                    serve(accepted, connection++);
                    close(accepted);
                }
            }
        });
    }
}

Loopback::~Loopback() {
    stop_ = true;
    if (server_.joinable()) {
        server_.join();
    }
    close(listener_);
}

std::string receive_request(int socket) {
    std::string request;
    for (char byte = 0; !request.ends_with("\r\n\r\n") && recv(socket, &byte, 1, 0) == 1;) {
        request += byte;
    }
    return request;
}

bool send_all(int socket, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace ekya::test
