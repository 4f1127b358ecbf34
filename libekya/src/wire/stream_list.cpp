#include "ekya/wire/stream_list.hpp"

#include <set>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
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
    std::size_t classes = 0;
    for (auto& stream : list.streams) {
        if (!ids.insert(stream.id).second)
            throw ConfigError(file.string() + ": /streams: two streams have the id \"" + stream.id +
                              "\"");
        stream.source = resolve(file.parent_path(), stream.source);
        stream.annotations = resolve(file.parent_path(), stream.annotations);
        classes += stream.classes.empty() ? list.classes.size() : stream.classes.size();
        if (classes > limits::listed_classes)
            throw ConfigError(file.string() + ": /streams: more than " +
                              std::to_string(limits::listed_classes) +
                              " classes of all streams together");
        for (auto& allowed : stream.allow)
            if (allowed.find('/') != std::string::npos)
                allowed = resolve(file.parent_path(), allowed);
        if (stream.classes.empty()) stream.classes = list.classes;
    }
    return std::move(list.streams);
}

void write_stream_list(const fs::path& file, std::vector<StreamSource> streams) {
    const auto here = fs::current_path();
    StreamList list;
    if (!streams.empty()) list.classes = streams.front().classes;
    for (auto& stream : streams) {
        stream.source = resolve(here, stream.source);
        stream.annotations = resolve(here, stream.annotations);
        for (auto& allowed : stream.allow)
            if (allowed.find('/') != std::string::npos) allowed = resolve(here, allowed);
        if (stream.classes == list.classes) stream.classes.clear();
    }
    list.streams = std::move(streams);
    write_atomically(file, to_line(encode(list)) + "\n", 0600);
}

std::vector<StreamSource> select_streams(const std::vector<StreamSource>& all,
                                         const std::vector<std::string>& ids) {
    if (ids.empty()) return all;
    const std::set<std::string> wanted(ids.begin(), ids.end());
    std::set<std::string> missing = wanted;
    std::vector<StreamSource> chosen;
    for (const auto& stream : all)
        if (wanted.contains(stream.id)) {
            chosen.push_back(stream);
            missing.erase(stream.id);
        }
    for (const auto& id : ids)
        if (missing.contains(id))
            throw ConfigError("--stream: \"" + printable(id, limits::quoted_bytes) +
                              "\" is not in the stream list");
    return chosen;
}

}  // namespace ekya
