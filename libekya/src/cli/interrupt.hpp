#pragma once

namespace ekya::cli {

/// From now on SIGINT and SIGTERM are remembered instead of ending the process; a second one ends
/// it.
void remember_signals();
/// The signal that came, 0 = none.
int last_signal();
/// From now on SIGUSR1 is remembered instead of ending the process.
void remember_finish_requests();
bool finish_was_requested();
/// From now on SIGHUP is remembered instead of ending the process.
void remember_reload_requests();
/// Whether it came since the last call.
bool take_reload_request();

}  // namespace ekya::cli
