#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "ekya/core/limits.hpp"

namespace ekya {

/// Writes a file aside, makes it durable and gives it its name, so that readers see the old content
/// or the new, never a part of it, also after a crash or on a full disk.
/// @param mode its permissions, of which the process's umask may take some away
/// @throws SystemError naming the file and the cause; nothing is left behind
void write_atomically(const std::filesystem::path& file, std::string_view content,
                      unsigned mode = 0644);

/// The same for a whole directory: `fill` writes into a temporary sibling, which then takes the
/// name `directory` (replacing an existing one). If fill throws, the sibling is removed.
class AtomicDirectory {
public:
    explicit AtomicDirectory(std::filesystem::path directory);
    ~AtomicDirectory();
    AtomicDirectory(const AtomicDirectory&) = delete;
    AtomicDirectory& operator=(const AtomicDirectory&) = delete;

    /// Where to write until commit().
    [[nodiscard]] const std::filesystem::path& path() const { return aside_; }
    /// Makes everything durable and renames.
    void commit();

private:
    std::filesystem::path target_, aside_;
    bool committed_ = false;
};

/// @throws InputError if it cannot be read, is no regular file (reading a pipe could wait for ever)
/// or has more than `most_bytes` bytes, which is found out before memory is asked for
[[nodiscard]] std::string read_file(const std::filesystem::path& file,
                                    std::size_t most_bytes = limits::file_bytes);

}  // namespace ekya
