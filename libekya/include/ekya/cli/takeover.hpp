#pragma once
#include <string>

namespace ekya::cli {

/// Taking over from an earlier process of the same job, as ekya-run offers it where a share is
/// fixed at a process's start (environment variables EKYA_READY_FD and EKYA_GO_FD).
class Takeover {
public:
    Takeover();
    [[nodiscard]] bool is_offered() const { return ready_ >= 0 && go_ >= 0; }
    /// All is loaded and warm: says so, and waits until the earlier process has ended.
    /// @throws Interrupted by a signal, SystemError if who offered it is gone
    void take();
    /// Where the earlier process leaves what it was at, as whoever offers it says (EKYA_STATE);
    /// empty = nowhere.
    [[nodiscard]] static std::string state_file();

private:
    int ready_ = -1, go_ = -1;
};

}  // namespace ekya::cli
