// Where the kernel lets this process make control groups with a CPU limit.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <vector>

#include "cgroup_files.hpp"
#include "ekya/device/share_limit.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
    return parts;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// One mounted hierarchy of control groups, and where in it this process is.
struct Hierarchy {
    fs::path mount, own;
};

/// The hierarchy of a controller; "" = version 2.
std::optional<Hierarchy> hierarchy_of(const std::string& controller, const fs::path& proc_self) {
    std::optional<Hierarchy> found;
    std::string root;
    std::istringstream mounts(read_group_file(proc_self / "mountinfo").value_or(""));
    for (std::string line; std::getline(mounts, line);) {
        const auto dash = line.find(" - ");
        if (dash == std::string::npos) continue;
        const auto what = split(line.substr(0, dash), ' '),
                   type = split(line.substr(dash + 3), ' ');
        if (what.size() < 5 || type.size() < 3) continue;
        const bool is_it = controller.empty()
                               ? type[0] == "cgroup2"
                               : type[0] == "cgroup" && contains(split(type[2], ','), controller);
        if (!is_it) continue;
        found = Hierarchy{what[4], what[4]};
        root = what[3];
    }
    if (!found) return found;
    std::istringstream groups(read_group_file(proc_self / "cgroup").value_or(""));
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (controller.empty() ? !controllers.empty()
                               : !contains(split(controllers, ','), controller))
            continue;
        std::string path = line.substr(second + 1);
        if (root != "/" && path.rfind(root, 0) == 0)
            path.erase(0, root.size());  // what is mounted may be a part of all groups
        const fs::path own = found->mount / fs::path(path).relative_path();
        std::error_code code;
        if (path.find("..") == std::string::npos && fs::is_directory(own, code)) found->own = own;
    }
    return found;
}

/// Whether a group made here has the file that limits it.
bool makes_limited_groups(const fs::path& directory, const char* limit) {
    const fs::path probe = directory / ("ekya-probe-" + std::to_string(getpid()));
    std::error_code code;
    if (!fs::create_directory(probe, code) || code) return false;
    const bool limited = access((probe / limit).c_str(), W_OK) == 0;
    fs::remove(probe, code);
    return limited;
}

bool hands_cpu_down(const fs::path& directory) {
    return contains(split(read_group_file(directory / "cgroup.subtree_control").value_or(""), ' '),
                    "cpu");
}

/// Version 2: hands the CPU controller down to groups made here.
bool enable_cpu(const fs::path& directory) {
    return hands_cpu_down(directory) ||
           write_group_file(directory / "cgroup.subtree_control", "+cpu") == 0;
}

/// A group that hands controllers down may hold no processes itself (but for the root). Only where
/// the CPU controller is there to be handed down, and not from such a leaf again: groups would nest
/// without end.
bool move_processes_aside(const fs::path& own) {
    if (own.filename() == "ekya.main" ||
        !contains(split(read_group_file(own / "cgroup.controllers").value_or(""), ' '), "cpu"))
        return false;
    const fs::path leaf = own / "ekya.main";
    std::error_code code;
    fs::create_directory(leaf, code);
    for (const pid_t pid : processes_of(own))
        write_group_file(leaf / "cgroup.procs", std::to_string(pid));
    return enable_cpu(own);
}

bool usable_v2(const fs::path& directory) {
    return hands_cpu_down(directory) && makes_limited_groups(directory, "cpu.max");
}

std::optional<CgroupPlace> find_v2(const fs::path& proc_self, std::string& why) {
    const auto hierarchy = hierarchy_of("", proc_self);
    if (!hierarchy) return std::nullopt;
    const auto place = [](const fs::path& directory) { return CgroupPlace{2, directory, {}}; };
    if (enable_cpu(hierarchy->own) && usable_v2(hierarchy->own)) return place(hierarchy->own);
    for (fs::path above = hierarchy->own; above != hierarchy->mount && above.has_relative_path();) {
        above = above.parent_path();
        if (usable_v2(above) ||
            (above == hierarchy->mount && enable_cpu(above) && usable_v2(above)))
            return place(above);
    }
    if (move_processes_aside(hierarchy->own) && usable_v2(hierarchy->own))
        return place(hierarchy->own);
    why = hierarchy->own.string() +
          ": may not be given groups with a CPU limit (a systemd service needs Delegate=cpu)";
    return std::nullopt;
}

std::optional<CgroupPlace> find_v1(const fs::path& proc_self, std::string& why) {
    const auto cpu = hierarchy_of("cpu", proc_self);
    if (!cpu) return std::nullopt;
    if (!makes_limited_groups(cpu->own, "cpu.cfs_quota_us")) {
        why = cpu->own.string() + ": may not be given groups with a CPU limit";
        return std::nullopt;
    }
    const auto accounting = hierarchy_of("cpuacct", proc_self);
    const bool counts = accounting && makes_limited_groups(accounting->own, "cpuacct.usage");
    return CgroupPlace{1, cpu->own, counts ? accounting->own : fs::path()};
}

std::optional<CgroupPlace> check_wanted(const fs::path& wanted, std::string& why) {
    if (access((wanted / "cgroup.controllers").c_str(), R_OK) == 0) {
        if (enable_cpu(wanted) && usable_v2(wanted)) return CgroupPlace{2, wanted, {}};
    } else if (makes_limited_groups(wanted, "cpu.cfs_quota_us")) {
        return CgroupPlace{1, wanted,
                           makes_limited_groups(wanted, "cpuacct.usage") ? wanted : fs::path()};
    }
    why = wanted.string() + ": is no control group that may be given groups with a CPU limit";
    return std::nullopt;
}

}  // namespace

std::optional<CgroupPlace> find_cgroup_place(const fs::path& wanted, std::string& why,
                                             const fs::path& proc_self) {
    if (!wanted.empty()) return check_wanted(wanted, why);
    why = "no control groups with a CPU limit are mounted";
    if (auto place = find_v2(proc_self, why)) return place;
    return find_v1(proc_self, why);
}

}  // namespace ekya
