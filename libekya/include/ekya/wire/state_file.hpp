#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

/// Writes a line aside and renames it, but does not make it durable.
/// @return whether it could be written; a file that was there stays where it could not
bool replace_line(const std::filesystem::path& file, const std::string& line);

/// Replaces a file that holds one record: readers see the old one or the new one. It is not made
/// durable, since it says how a program stands, which a crash of the machine ends as well. On a
/// full disk it is written in place, where a reader that comes in between may find no record, and
/// looks again.
/// @return whether it could be written
bool write_state(const std::filesystem::path& file, const Json& record);

/// None if there is no such file, or what it holds cannot be read.
template <typename Record>
[[nodiscard]] std::optional<Record> read_state(const std::filesystem::path& file) try {
    return read_record<Record>(file);
} catch (const Error&) {
    return std::nullopt;
}

/// When a state is written that changes often: at most once a second, but for what cannot wait.
class StatePace {
public:
    /// @param now seconds, never falling  @param at_once it cannot wait
    [[nodiscard]] bool is_due(Seconds now, bool at_once = false) {
        if (!at_once && now < next_) return false;
        next_ = now + 1;
        return true;
    }

private:
    Seconds next_ = 0;
};

/// Events per second over the last ten seconds or so.
class RateMeter {
public:
    /// @param count so far  @param now seconds, never falling; to be called about once a second
    [[nodiscard]] double update(std::int64_t count, Seconds now);

private:
    static constexpr Seconds memory = 10;
    bool begun_ = false;
    std::int64_t older_count_ = 0, newer_count_ = 0;
    Seconds older_ = 0, newer_ = 0;
};

}  // namespace ekya
