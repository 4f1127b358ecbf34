#pragma once
#include <pthread.h>
#include <signal.h>

namespace ekya {

/// While it lives, this thread takes no signals, nor do those that it starts: signals are for the
/// thread that works, whose waiting they end.
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

}  // namespace ekya
