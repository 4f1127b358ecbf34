#include "interrupt.hpp"

#include <csignal>

namespace ekya::cli {
namespace {

volatile std::sig_atomic_t received = 0;

void remember(int signal_number) {
    received = signal_number;
    std::signal(signal_number, SIG_DFL);
}

}  // namespace

void remember_signals() {
    struct sigaction action {};
    action.sa_handler = remember;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

int last_signal() { return received; }

}  // namespace ekya::cli
