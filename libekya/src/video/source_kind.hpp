// What a source string names.
#pragma once

#include <string>

namespace ekya {

struct SourceKind {
    enum class Type { file, directory, camera, url } type;
    bool live;        ///< known from the name alone; http is decided by whether it has a length
    bool maybe_live;  ///< http
};

/// For messages and logs: a URL's password becomes ***.
[[nodiscard]] std::string without_password(const std::string& source);

/// @throws InputError if it is a local path that does not exist
[[nodiscard]] SourceKind kind_of(const std::string& source);

}  // namespace ekya
