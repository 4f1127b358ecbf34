// What a source string names.
#pragma once

#include <string>

namespace ekya {

struct SourceKind {
    enum class Type { file, directory, camera, url } type;
    bool live;        ///< known from the name alone; http is decided by whether it has a length
    bool maybe_live;  ///< http
};

/// Opens nothing: to open a pipe waits for its writer, and some devices act when they are opened.
/// @throws InputError if it is a local path that does not exist, a pipe, a socket or a device that
/// is no camera, or a URL of another scheme than are read
[[nodiscard]] SourceKind kind_of(const std::string& source);

}  // namespace ekya
