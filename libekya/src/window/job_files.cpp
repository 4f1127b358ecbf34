#include "ekya/window/job_files.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/window/job_directory.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr std::streamoff line_bytes = 512;  // more than any ekya.job-use/1 takes

std::vector<JobUse> read_uses(std::istream& lines) {
    std::vector<JobUse> uses;
    std::string line;
    while (std::getline(lines, line)) try {
            uses.push_back(decode<JobUse>(parse_json(line, "use"), "use"));
        } catch (const Error&) {
            continue;
        }
    return uses;
}

}  // namespace

std::optional<JobRecord> JobFiles::record() const {
    try {
        return read_record<JobRecord>(directory_ / "job.json");
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<JobRecord> JobFiles::running() const {
    auto found = record();
    return found && found->state != "ended" ? std::move(found) : std::nullopt;
}

std::vector<JobUse> JobFiles::newest_uses(std::size_t most) const {
    std::error_code code;
    if (!fs::is_regular_file(directory_ / "use.jsonl", code)) return {};  // a pipe would wait
    std::ifstream file(directory_ / "use.jsonl", std::ios::binary | std::ios::ate);
    if (!file) return {};
    const auto wanted = line_bytes * static_cast<std::streamoff>(most + 1);
    file.seekg(std::max<std::streamoff>(static_cast<std::streamoff>(file.tellg()) - wanted, 0));
    auto uses = read_uses(file);
    if (uses.size() > most) uses.erase(uses.begin(), uses.end() - static_cast<long>(most));
    return uses;
}

std::vector<JobUse> JobFiles::uses() const {
    std::vector<JobUse> all;
    for (const char* name : {"use.1.jsonl", "use.jsonl"}) {
        std::error_code code;
        if (!fs::is_regular_file(directory_ / name, code)) continue;
        std::ifstream file(directory_ / name, std::ios::binary);
        const auto uses = read_uses(file);
        all.insert(all.end(), uses.begin(), uses.end());
    }
    return all;
}

int end_lost_jobs(const fs::path& directory) {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    int ended = 0;
    std::error_code code;
    for (fs::recursive_directory_iterator
             entry(directory, fs::directory_options::skip_permission_denied, code),
         end;
         !code && entry != end; entry.increment(code)) {
        if (entry->path().filename() != "job.json") continue;
        const fs::path job = entry->path().parent_path();
        auto record = JobFiles(job).running();
        if (!record || record->host != host.data() || is_alive(record->pid)) continue;
        record->state = "ended";
        record->exit_code = 128 + SIGKILL;
        ended += write_record(job, *record) ? 1 : 0;
    }
    return ended;
}

void JobFiles::order(const JobOrder& order) const {
    std::error_code code;
    if (!fs::is_directory(directory_, code)) return;
    write_order(directory_, order);
}

}  // namespace ekya
