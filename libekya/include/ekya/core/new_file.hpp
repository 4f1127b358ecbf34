// Files that a program makes where others may write too.
#pragma once
#include <filesystem>
#include <string_view>
#include <system_error>

namespace ekya {

/// Makes a file and opens it to write. What has its name is unlinked first: a pipe would be waited
/// for, and what a link leads to overwritten.
/// @return its descriptor, closed on exec; -1 with errno set if it cannot be made, e.g. because
/// another process has made one in between, or a directory has its name
[[nodiscard]] int open_new_file(const std::filesystem::path& file, unsigned mode = 0644);

/// Writes a file aside, by part_of(), and gives it its name. It is not made durable.
/// @return why that was not possible; nothing is left behind then
[[nodiscard]] std::error_code write_aside(const std::filesystem::path& file,
                                          std::string_view content, unsigned mode = 0644);

/// Gives `from` the name `to`. Where a directory or another obstacle has that name, it is renamed
/// first, by rename_damaged().
/// @return why that was not possible
[[nodiscard]] std::error_code take_name(const std::filesystem::path& from,
                                        const std::filesystem::path& to);

/// Renames what has the name of a file that is to be opened or made but is none: a link, a
/// directory, a pipe, a socket. Devices stay. Where nothing is, or a file, nothing happens.
/// @return its new name; empty = it did not have to be renamed, or could not
std::filesystem::path make_room_for_file(const std::filesystem::path& file);

/// The same for a directory. @param links whether a link to a directory may stay
std::filesystem::path make_room_for_directory(const std::filesystem::path& directory, bool links);

}  // namespace ekya
