// What one source may make FFmpeg open.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source_kind.hpp"

namespace ekya {

/// The one place that decides what is opened for a source: the source itself, and what its answers
/// name, i.e. entries of a playlist and redirections. A file leads to files below its own
/// directory, a URL to its own host and port, and both to what they are allowed besides. A source
/// is a list only if its name says so: ".ffconcat" or ".concat" at its end, or ".m3u" in it.
class OpenPolicy {
public:
    /// @param allow  directories, which have a slash, and hosts ("host" or "host:port")
    OpenPolicy(std::string source, const SourceKind& kind, const std::vector<std::string>& allow);

    /// FFmpeg's names of protocols and of containers, separated by commas.
    [[nodiscard]] std::string protocols() const;
    [[nodiscard]] std::string formats() const;
    /// Whether the source is a list of files in FFmpeg's format (.ffconcat).
    [[nodiscard]] bool is_file_list() const;
    /// A file's path in the form in which FFmpeg takes no colon in it for a protocol; else as
    /// given.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] const std::string& source() const { return source_; }

    /// Why `url` may not be opened; empty if it may.
    [[nodiscard]] std::string refusal(const std::string& url) const;

private:
    [[nodiscard]] std::string refusal_of_file(const std::filesystem::path& file) const;
    [[nodiscard]] std::string refusal_of_host(const std::string& url) const;

    std::string source_;
    SourceKind::Type type_;
    std::vector<std::filesystem::path> directories_;  // canonical
    std::vector<std::string> hosts_;
};

/// "rtsp://, rtsps://, ...": the URLs that are read.
[[nodiscard]] std::string schemes_read();
[[nodiscard]] bool is_scheme_read(std::string_view name);

/// The parts of a URL that say who is asked, as FFmpeg takes it apart.
struct UrlParts {
    std::string scheme, host;  ///< in small letters
    int port = -1;             ///< the scheme's own if the URL has none; -1 = unknown
};
/// @return none for what has no "scheme://host", or a port that is no number
[[nodiscard]] std::optional<UrlParts> parts_of(std::string_view url);

/// Where a redirection leads that `base` answered with, which may be relative to it.
[[nodiscard]] std::string redirected(const std::string& base, const std::string& location);

}  // namespace ekya
