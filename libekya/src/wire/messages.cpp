#include "messages.hpp"

#include <cerrno>

#include "ekya/core/errors.hpp"

namespace ekya {

std::string as_string(const zmq::message_t& message) {
    return {static_cast<const char*>(message.data()), message.size()};
}

void send_parts(zmq::socket_t& socket, const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto more = i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        if (!socket.send(zmq::buffer(parts[i]), more | zmq::send_flags::dontwait)) return;
    }
}

std::vector<std::string> receive_parts(zmq::socket_t& socket) {
    std::vector<std::string> parts;
    zmq::message_t part;
    do {
        // Parts of one message arrive together, so only the first can be missing.
        if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
        parts.push_back(as_string(part));
    } while (part.more());
    return parts;
}

void wait_for(std::span<zmq::pollitem_t> items, std::chrono::milliseconds limit) {
    try {
        zmq::poll(items.data(), items.size(), limit);
    } catch (const zmq::error_t& e) {
        if (e.num() != EINTR)
            throw SystemError(std::string("cannot wait for messages: ") + e.what());
    }
}

}  // namespace ekya
