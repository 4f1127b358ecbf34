#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/live_state.hpp"
#include "ekya/window/supervisor.hpp"

namespace ekya {

/// Keeps the ekya.run-state/1 of a store up to date: at once when a camera or the window has
/// changed, else every few seconds, so that its age says whether the program still works.
class RunStateFile {
public:
    RunStateFile(const std::filesystem::path& store, std::string program, const Clock& clock);

    /// Whether note() would write what has not changed.
    [[nodiscard]] bool is_due() const { return clock_.now() >= next_; }
    /// @param state program, process and time are filled in here
    void note(RunState state);

private:
    std::filesystem::path file_;
    std::string program_;
    const Clock& clock_;
    RunState written_;
    Seconds next_ = 0;
};

/// How a program that is kept running stands. @param was_started one that does not run has ended;
/// else it is not to
[[nodiscard]] RunCamera::Program program_state(const Supervisor& supervisor,
                                               const std::string& name, bool was_started);

}  // namespace ekya
