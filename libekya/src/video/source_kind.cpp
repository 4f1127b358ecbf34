#include "source_kind.hpp"

#include <filesystem>
#include <system_error>

#include "ekya/core/errors.hpp"

namespace ekya {

std::string without_password(const std::string& source) {
    const auto scheme_end = source.find("://");
    if (scheme_end == std::string::npos) {
        return source;
    }
    const auto begin = scheme_end + 3;
    const auto at = source.substr(0, source.find_first_of("/?#", begin)).rfind('@');
    const auto colon = source.find(':', begin);
    if (at == std::string::npos || at < begin || colon > at) {
        return source;
    }
    return source.substr(0, colon + 1) + "***" + source.substr(at);
}

SourceKind kind_of(const std::string& source) {
    const auto scheme_end = source.find("://");
    if (scheme_end != std::string::npos && source.find('/') > scheme_end) {
        const std::string scheme = source.substr(0, scheme_end);
        const bool http = scheme == "http" || scheme == "https";
        return {SourceKind::Type::url, !http && scheme != "file", http};
    }
    std::error_code error;
    const auto status = std::filesystem::status(source, error);
    if (source.empty() || !std::filesystem::exists(status)) {
        const bool missing = !error || error == std::errc::no_such_file_or_directory;
        throw InputError(source + ": " +
                         (missing ? "no such file, directory or camera" : error.message()));
    }
    switch (status.type()) {
        case std::filesystem::file_type::directory:
            return {SourceKind::Type::directory, false, false};
        case std::filesystem::file_type::character:
            return {SourceKind::Type::camera, true, false};
        default:
            return {SourceKind::Type::file, false, false};
    }
}

}  // namespace ekya
