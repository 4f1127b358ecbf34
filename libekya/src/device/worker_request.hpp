#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/device/launcher.hpp"

namespace ekya {

/// What a worker is asked. Beside the text go descriptors: the job's socket, its stdin, stdout and
/// stderr, and with a handover the two of it.
struct WorkerRequest {
    std::string directory;  ///< to work in
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  ///< on top of the worker's
    std::vector<int> descriptors;
};

constexpr std::size_t longest_request = 65536;

/// @return false if it is too long, or nobody is there to read it
[[nodiscard]] bool send_request(int socket, const WorkerRequest& request);
/// Waits for one. @return none if the other end is closed
[[nodiscard]] std::optional<WorkerRequest> receive_request(int socket);

}  // namespace ekya
