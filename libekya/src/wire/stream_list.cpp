#include "ekya/wire/stream_list.hpp"

#include <algorithm>
#include <set>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

std::string resolve(const fs::path& directory, const std::string& path) {
    if (path.empty() || is_url(path) || fs::path(path).is_absolute()) return path;
    return (directory / path).lexically_normal().string();
}

}  // namespace

std::vector<StreamSource> read_stream_list(const fs::path& file) {
    return read_stream_list(read_file(file), file);
}

std::vector<StreamSource> read_stream_list(std::string_view text, const fs::path& file) {
    auto list = decode<StreamList>(parse_json(text, file.string()), file.string());
    std::set<std::string> ids;
    for (auto& stream : list.streams) {
        if (!ids.insert(stream.id).second)
            throw ConfigError(file.string() + ": /streams: two streams have the id \"" + stream.id +
                              "\"");
        stream.source = resolve(file.parent_path(), stream.source);
        stream.annotations = resolve(file.parent_path(), stream.annotations);
        for (auto& allowed : stream.allow)
            if (allowed.find('/') != std::string::npos)
                allowed = resolve(file.parent_path(), allowed);
        if (stream.classes.empty()) stream.classes = list.classes;
    }
    return std::move(list.streams);
}

std::vector<StreamSource> select_streams(const std::vector<StreamSource>& all,
                                         const std::vector<std::string>& ids) {
    for (const auto& id : ids)
        if (std::none_of(all.begin(), all.end(), [&](const auto& s) { return s.id == id; }))
            throw ConfigError("--stream: \"" + id + "\" is not in the stream list");
    std::vector<StreamSource> chosen;
    for (const auto& stream : all)
        if (ids.empty() || std::find(ids.begin(), ids.end(), stream.id) != ids.end())
            chosen.push_back(stream);
    return chosen;
}

}  // namespace ekya
