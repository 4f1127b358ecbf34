#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/live_state.hpp"
#include "ekya/wire/state_file.hpp"

namespace ekya {

/// Keeps an ekya.source-state/1 up to date while a stream is recorded. Counts go on from the record
/// that is there. A disk that is full costs nothing but the record.
class SourceStateFile {
public:
    /// Says that the source is connecting. @param file empty = nothing is written
    SourceStateFile(std::filesystem::path file, const std::string& stream, const Clock& clock,
                    std::function<double()> wall_clock = unix_time);

    /// A frame has come. @param damaged packets since the program started
    void frame(int window, std::int64_t damaged);
    void away(const std::string& why);
    /// @param why empty = it came to its end
    void ended(const std::string& why = "");
    void failed(const std::string& why);

private:
    void enter(SourceState::State state, const std::string& why);
    void write(bool at_once);

    std::filesystem::path file_;
    const Clock& clock_;
    std::function<double()> wall_clock_;
    SourceState state_;
    std::int64_t damaged_before_ = 0;
    StatePace pace_;
    RateMeter fps_;
};

}  // namespace ekya
