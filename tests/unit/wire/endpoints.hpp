#pragma once
#include <string>
#include <zmq.hpp>

namespace ekya::test {

/// A TCP endpoint of this machine that nobody used a moment ago.
inline std::string free_endpoint() {
    zmq::context_t context{1};
    zmq::socket_t socket(context, zmq::socket_type::rep);
    socket.bind("tcp://127.0.0.1:*");
    return socket.get(zmq::sockopt::last_endpoint);
}

}  // namespace ekya::test
