#include "source_kind.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "open_policy.hpp"

namespace ekya {
namespace {

constexpr unsigned video_devices = 81;  // major number of V4L2; opening others may do something

}  // namespace

SourceKind kind_of(const std::string& source) {
    const auto refuse = [&](const std::string& why) {
        throw InputError(without_secrets(source) + ": " + why);
    };
    const auto scheme_end = source.find("://");
    if (scheme_end != std::string::npos && source.find('/') > scheme_end) {
        const std::string scheme = source.substr(0, scheme_end);
        if (!is_scheme_read(scheme))
            refuse("cannot be opened as video: found " + scheme + "://, expected " +
                   schemes_read() + " or a path");
        if (!parts_of(source))
            refuse("this is no URL; in a password / is written %2F, ? is %3F and # is %23");
        const bool http = scheme == "http" || scheme == "https";
        return {SourceKind::Type::url, !http, http};
    }
    struct stat found {};
    if (source.empty() || ::stat(source.c_str(), &found) != 0)
        refuse(source.empty() || errno == ENOENT ? "no such file, directory or camera"
                                                 : std::strerror(errno));
    if (S_ISDIR(found.st_mode)) return {SourceKind::Type::directory, false, false};
    if (S_ISREG(found.st_mode)) return {SourceKind::Type::file, false, false};
    if (S_ISCHR(found.st_mode) && major(found.st_rdev) == video_devices)
        return {SourceKind::Type::camera, true, false};
    refuse(S_ISFIFO(found.st_mode)
               ? "is a pipe, which could make its reader wait for ever; send the video over tcp://"
               : "is neither a file nor a directory nor a camera");
    return {};
}

}  // namespace ekya
