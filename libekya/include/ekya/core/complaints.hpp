#pragma once
#include <optional>
#include <string>

#include "ekya/core/clock.hpp"

namespace ekya {

/// Messages about what somebody outside causes as often as they like: told at most once a second,
/// with their number, so that they cannot flood a log.
class Complaints {
public:
    void add(std::string text);
    /// The message to tell; none if nothing was added, or one was told less than a second
    /// ago. @param now seconds, never falling
    [[nodiscard]] std::optional<std::string> take(Seconds now);

private:
    std::string first_;
    std::size_t count_ = 0;
    std::optional<Seconds> told_;
};

}  // namespace ekya
