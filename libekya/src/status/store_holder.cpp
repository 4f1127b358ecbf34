#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/text.hpp"
#include "ekya/status/status_reader.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_bytes = 4096;

/// "PROGRAM, process PID, since TIME", as StoreLock writes it.
StoreHolder parse_holder(const std::string& text) {
    const std::string line = printable(text.substr(0, text.find('\n')));
    const auto process = line.find(", process "), since = line.find(", since ");
    if (process == std::string::npos || since == std::string::npos || since < process)
        return {"another program", 0, ""};
    StoreHolder holder{line.substr(0, process), 0, line.substr(since + 8)};
    const std::string number = line.substr(process + 10, since - process - 10);
    (void)std::from_chars(number.data(), number.data() + number.size(), holder.process);
    return holder;
}

struct HeldLock {
    int process = 0;
    bool same_device = false;
};

/// Exclusive flock() locks on files of this inode, as /proc/locks lists them:
/// "3: FLOCK  ADVISORY  WRITE 12851 fe:00:10985741 0 EOF".
std::vector<HeldLock> locks_on(const struct stat& file, std::istream& list) {
    std::vector<HeldLock> found;
    for (std::string line; std::getline(list, line);) {
        std::istringstream words(line);
        std::string number, kind, mode, access, place;
        int process = 0;
        if (!(words >> number >> kind >> mode >> access >> process >> place)) continue;
        unsigned major = 0, minor = 0;
        unsigned long long inode = 0;
        if (kind != "FLOCK" || access != "WRITE" ||
            std::sscanf(place.c_str(), "%x:%x:%llu", &major, &minor, &inode) != 3)
            continue;
        if (inode == file.st_ino)
            found.push_back({process, makedev(major, minor) == static_cast<dev_t>(file.st_dev)});
    }
    return found;
}

}  // namespace

std::optional<StoreHolder> holder_of(const fs::path& directory) {
    const fs::path file = directory / ".lock";
    struct stat found {};
    if (lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
    StoreHolder holder;
    try {
        holder = parse_holder(read_file(file, most_bytes));
    } catch (const Error&) {
        holder.program = "another program";
    }
    std::ifstream list("/proc/locks");
    if (!list)
        return holder.process > 0 && is_alive(holder.process) ? std::optional(holder)
                                                              : std::nullopt;
    for (const auto& lock : locks_on(found, list))
        // Some file systems have another device there than for stat(); in another namespace of
        // processes the id is another one.
        if (lock.same_device || lock.process == holder.process) {
            holder.process = lock.process;
            return holder;
        }
    return std::nullopt;
}

}  // namespace ekya
