#include "process_tree.hpp"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ekya {
namespace {

namespace fs = std::filesystem;

void add_children(pid_t parent, std::vector<pid_t>& all) {
    std::error_code gone;  // a process may end while it is looked at
    for (const auto& thread :
         fs::directory_iterator("/proc/" + std::to_string(parent) + "/task", gone)) {
        std::ifstream children(thread.path() / "children");
        for (pid_t child; children >> child;) all.push_back(child);
    }
}

/// What stands in /proc/PID/stat behind the name, which may hold blanks and brackets; empty if
/// there is no such process.
std::string status_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    return name_end == std::string::npos ? std::string() : line.substr(name_end + 1);
}

/// Of the children that a process has waited for.
Seconds reaped_by(pid_t pid) {
    const std::string status = status_of(pid);
    if (status.empty()) return 0;
    std::istringstream fields(status);
    std::string skipped;
    for (int i = 0; i < 13; ++i) fields >> skipped;  // state up to stime
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Seconds cpu_of(pid_t pid) {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

std::vector<pid_t> descendants(pid_t of) {
    std::vector<pid_t> all;
    add_children(of, all);
    for (std::size_t i = 0; i < all.size(); ++i) add_children(all[i], all);
    return all;
}

ProcessState process_state(pid_t pid) {
    const std::string status = status_of(pid);
    const auto letter = status.find_first_not_of(' ');
    if (letter == std::string::npos || status[letter] == 'Z' || status[letter] == 'X')
        return ProcessState::ended;
    return status[letter] == 'T' ? ProcessState::stopped : ProcessState::runs;
}

Seconds cpu_seconds_of(pid_t pid) { return cpu_of(pid) + reaped_by(pid); }

}  // namespace ekya
