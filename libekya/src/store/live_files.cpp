#include "ekya/store/live_files.hpp"

#include <algorithm>
#include <string_view>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

/// Ids of streams for which a file <id><ending> is in a directory; none if there is no directory.
std::vector<std::string> ids_in(const fs::path& directory, std::string_view ending) {
    std::vector<std::string> ids;
    std::error_code code;
    fs::directory_iterator entry(directory, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
        std::string name = entry->path().filename().string();
        if (!name.ends_with(ending)) continue;
        name.resize(name.size() - ending.size());
        if (is_file_name(name)) ids.push_back(std::move(name));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace

std::string LiveFiles::endpoint(const std::string& stream, const std::string& kind) const {
    if (!is_file_name(stream))
        throw InputError("stream \"" + printable(stream, limits::quoted_bytes) +
                         "\": is no id of a stream");
    std::error_code code;
    const auto sockets = fs::canonical(this->sockets(), code);
    return code ? std::string() : "ipc://" + (sockets / (stream + "." + kind)).string();
}

std::vector<std::string> LiveFiles::streams(const std::string& kind) const {
    return ids_in(sockets(), "." + kind);
}

std::vector<std::string> LiveFiles::answered_streams() const {
    return ids_in(directory_, ".answers.jsonl");
}

}  // namespace ekya
