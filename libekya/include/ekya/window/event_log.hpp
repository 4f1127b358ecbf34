#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "ekya/core/event.hpp"
#include "ekya/core/line_file.hpp"

namespace ekya {

/// The file in which a service's events are kept for other programs, ekya.event/1 line by line. At
/// 4 MB, some 20,000 events, it is renamed to FILE.1 in place of an earlier one.
class EventLog {
public:
    /// @throws SystemError as LineFile
    EventLog(std::filesystem::path file, std::function<void(const std::string&)> say);
    void add(const Event& event);

private:
    std::filesystem::path file_;
    std::function<void(const std::string&)> say_;
    LineFile lines_;
};

}  // namespace ekya
