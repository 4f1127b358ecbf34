#include "handover.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {

Handover::Handover() {
    if (pipe2(ready_.data(), O_CLOEXEC) == 0 && pipe2(go_.data(), O_CLOEXEC) == 0) return;
    const int error = errno;
    for (const int end : ready_)
        if (end >= 0) close(end);
    throw SystemError(std::string("cannot make a pipe: ") + std::strerror(error));
}

Handover::~Handover() {
    for (const int end : {ready_[0], ready_[1], go_[0], go_[1]})
        if (end >= 0) close(end);
}

void Handover::keep_ours() {
    close(std::exchange(ready_[1], -1));
    // The other end of `go` stays open here too: writing to a job that is gone is no signal then.
}

bool Handover::is_ready() {
    pollfd item{ready_[0], POLLIN, 0};
    if (!said_ready_ && poll(&item, 1, 0) > 0) {
        char byte = 0;
        said_ready_ = read(ready_[0], &byte, 1) == 1;
    }
    return said_ready_;
}

void Handover::go() const {
    const ssize_t written = write(go_[1], "g", 1);
    (void)written;
}

}  // namespace ekya
