#include "ekya/core/quiet_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// Of this thread, and thus of those that it starts meanwhile.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

std::thread quiet_thread(std::function<void()> work) {
    const BlockedSignals blocked;
    try {
        return std::thread(std::move(work));
    } catch (const std::system_error& e) {
        throw SystemError("cannot start a thread: " + e.code().message());
    }
}

}  // namespace ekya
