#include "ekya/core/leftovers.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view part_mark = ".part", old_mark = ".old";

fs::path beside(const fs::path& target, std::string_view mark) {
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    return parent /
           ("." + target.filename().string() + std::string(mark) + std::to_string(::getpid()));
}

struct Leftover {
    fs::path target;
    bool old = false;  ///< what the target was
    int process = 0;
};

/// What a name says; none if it is none that beside() gives.
std::optional<Leftover> leftover(const fs::path& path) {
    const std::string name = path.filename();
    for (const auto mark : {part_mark, old_mark}) {
        const auto at = name.rfind(mark);
        if (name.front() != '.' || at == std::string::npos || at < 2) continue;
        int process = 0;
        const char* const begin = name.data() + at + mark.size();
        const char* const end = name.data() + name.size();
        const auto [rest, error] = std::from_chars(begin, end, process);
        if (error != std::errc{} || rest != end || process <= 0) continue;
        return Leftover{path.parent_path() / name.substr(1, at - 1), mark == old_mark, process};
    }
    return std::nullopt;
}

Seconds age_of(const fs::path& path) {
    std::error_code code;
    const auto time = fs::last_write_time(path, code);
    if (code) return 0;
    return std::chrono::duration<double>(fs::file_time_type::clock::now() - time).count();
}

/// @return whether it was one
bool sweep(const fs::path& path, Seconds least_age) {
    const auto found = leftover(path);
    if (!found || is_alive(found->process)) return false;
    if (least_age > 0 && age_of(path) < least_age) return false;
    std::error_code code;
    if (found->old && !fs::exists(fs::symlink_status(found->target, code)))
        fs::rename(path, found->target, code);
    else
        fs::remove_all(path, code);
    return true;
}

}  // namespace

fs::path part_of(const fs::path& target) { return beside(target, part_mark); }

fs::path old_of(const fs::path& target) { return beside(target, old_mark); }

bool is_alive(int process) { return process > 0 && (::kill(process, 0) == 0 || errno != ESRCH); }

int sweep_leftovers(const fs::path& directory, Seconds least_age) {
    std::vector<fs::path> found;  // a directory is not to change while it is read
    std::error_code code;
    for (fs::recursive_directory_iterator
             entry(directory, fs::directory_options::skip_permission_denied, code),
         end;
         !code && entry != end; entry.increment(code)) {
        if (!leftover(entry->path())) continue;
        found.push_back(entry->path());
        entry.disable_recursion_pending();
    }
    int swept = 0;
    for (const auto& path : found) swept += sweep(path, least_age) ? 1 : 0;
    return swept;
}

void sweep_leftovers_of(const fs::path& target) {
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    std::vector<fs::path> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(parent, code))
        if (const auto of = leftover(entry.path());
            of && !of->old && of->target.filename() == target.filename())
            found.push_back(entry.path());
    for (const auto& path : found) (void)sweep(path, 0);
}

std::filesystem::path rename_damaged(const std::filesystem::path& file) {
    std::error_code code;
    std::filesystem::path place = file.string() + ".damaged";
    for (int i = 1; std::filesystem::exists(std::filesystem::symlink_status(place, code)); ++i)
        place = file.string() + ".damaged." + std::to_string(i);
    std::filesystem::rename(file, place, code);
    if (code) throw SystemError(file.string() + ": cannot be set aside: " + code.message());
    return place;
}

}  // namespace ekya
