#pragma once
#include <sys/types.h>

#include <cstdint>

#include "ekya/device/launcher.hpp"

namespace ekya {

/// What a keeper says to who holds the job; what the other one says is one byte, release or end.
struct KeeperNews {
    enum class Kind : std::int32_t { started, ended, reaped, gone };
    Kind kind = Kind::reaped;
    pid_t keeper = 0, job = 0;
    int exit_code = 0;  ///< with `ended`
    Seconds reaped = 0;
};
constexpr char release_byte = 'r', end_byte = 'e';

/// The whole life of a keeper, right after the fork that made it: forks the job's own process,
/// which calls `run` when it is released, and stays above it until all of the job has ended. Calls
/// nothing that is not async-signal-safe, and returns in neither of the two processes.
/// @param run does not return
[[noreturn]] void keep_job(int socket, const JobStreams& streams, int ready, int go,
                           void (*run)(void*), void* argument);

}  // namespace ekya
