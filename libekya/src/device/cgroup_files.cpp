#include "cgroup_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace ekya {

std::optional<std::string> read_group_file(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) return std::nullopt;
    std::string all = text.str();
    if (!all.empty() && all.back() == '\n') all.pop_back();
    return all;
}

int write_group_file(const std::filesystem::path& file, const std::string& text) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    const int error = write(descriptor, text.data(), text.size()) < 0 ? errno : 0;
    close(descriptor);
    return error;
}

double number_after(const std::string& text, const std::string& word) {
    std::istringstream in(text);
    std::string name;
    for (double value = 0; in >> name >> value;)
        if (name == word) return value;
    return 0;
}

std::vector<pid_t> processes_of(const std::filesystem::path& group) {
    std::ifstream in(group / "cgroup.procs");
    std::vector<pid_t> processes;
    for (pid_t pid; in >> pid;)
        if (pid > 0) processes.push_back(pid);  // 0 is one that this process cannot see
    return processes;
}

}  // namespace ekya
