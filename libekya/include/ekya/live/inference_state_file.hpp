#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/live_state.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/wire/state_file.hpp"

namespace ekya {

/// Keeps an ekya.inference-state/1 up to date while a stream is served. Counts go on from the
/// record that is there, so that a restart takes nothing from them.
class InferenceStateFile {
public:
    /// @param file empty = nothing is written
    InferenceStateFile(std::filesystem::path file, const std::string& stream, const Clock& clock,
                       std::function<double()> wall_clock = unix_time);

    /// @param backlog frames that wait behind this one
    void answered(const FrameAnswer& answer, std::size_t backlog);
    void closed(const WindowAccuracy& window);

private:
    void write(bool at_once);

    std::filesystem::path file_;
    const Clock& clock_;
    std::function<double()> wall_clock_;
    InferenceState state_;
    StatePace pace_;
    RateMeter seen_, analysed_;
};

}  // namespace ekya
