#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// Reads a stream list (schema ekya.streams/1). Relative paths of sources and annotations are
/// resolved against the list's directory; devices and URLs stay as they are. A stream without
/// classes of its own gets the list's.
/// @throws InputError naming file and field; ConfigError if two streams have one id
[[nodiscard]] std::vector<StreamSource> read_stream_list(const std::filesystem::path& file);

/// The same from the text of such a list. @param file where it stands, for messages and relative
/// paths; not opened
[[nodiscard]] std::vector<StreamSource> read_stream_list(std::string_view text,
                                                         const std::filesystem::path& file);

/// Writes a list that reads as these streams wherever it stands: their paths become absolute. Only
/// this user may read it, as URLs may have passwords. @throws SystemError
void write_stream_list(const std::filesystem::path& file, std::vector<StreamSource> streams);

/// The streams named in `ids`, in the list's order; all if `ids` is empty.
/// @throws ConfigError for an id that is not in the list
[[nodiscard]] std::vector<StreamSource> select_streams(const std::vector<StreamSource>& all,
                                                       const std::vector<std::string>& ids);

}  // namespace ekya
