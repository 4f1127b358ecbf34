#pragma once
#include <array>

namespace ekya {

/// How a process that knows of it takes over from another: it says that it is ready (loaded and
/// warm) by writing a byte to the descriptor EKYA_READY_FD, and works only when it can read one
/// from EKYA_GO_FD.
class Handover {
public:
    /// @throws SystemError
    Handover();
    ~Handover();
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;
    /// The job's ends, until it has been started.
    [[nodiscard]] int job_ready() const { return ready_[1]; }
    [[nodiscard]] int job_go() const { return go_[0]; }
    /// Once the job has been started: its ends are its alone.
    void keep_ours();
    [[nodiscard]] bool is_ready();
    void go() const;

private:
    std::array<int, 2> ready_{-1, -1}, go_{-1, -1};
    bool said_ready_ = false;
};

}  // namespace ekya
