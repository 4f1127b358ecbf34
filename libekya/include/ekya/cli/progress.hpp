#pragma once
#include <string>

#include "ekya/core/clock.hpp"

namespace ekya::cli {

/// A line on stderr with what is done and the time left, only if stderr is a terminal and messages
/// of severity info are said.
class Progress {
public:
    Progress(std::string label, double total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// @param done in the unit of total; drawn at most five times a second
    void update(double done, const std::string& note = "");

private:
    std::string label_;
    double total_;
    SystemClock clock_;
    Seconds start_, drawn_ = -1;
    bool terminal_;
};

}  // namespace ekya::cli
