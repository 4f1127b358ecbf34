#include "interrupt.hpp"

#include <csignal>

namespace ekya::cli {
namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t finish = 0;
volatile std::sig_atomic_t reload = 0;

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
    std::signal(SIGXFSZ, SIG_IGN);  // a file that reaches the limit of its size is an error of
                                    // write(), with a message
}

int last_signal() { return received; }

void remember_finish_requests() {
    struct sigaction action {};
    action.sa_handler = [](int) { finish = 1; };
    sigaction(SIGUSR1, &action, nullptr);
}

bool finish_was_requested() { return finish != 0; }

void remember_reload_requests() {
    struct sigaction action {};
    action.sa_handler = [](int) { reload = 1; };
    sigaction(SIGHUP, &action, nullptr);
}

bool take_reload_request() {
    const bool came = reload != 0;
    reload = 0;
    return came;
}

}  // namespace ekya::cli
