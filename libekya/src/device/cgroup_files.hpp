#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ekya {

/// A small file of the kernel. @return nothing if it cannot be read
[[nodiscard]] std::optional<std::string> read_group_file(const std::filesystem::path& file);
/// In one write, as the kernel wants it. @return 0 or errno
int write_group_file(const std::filesystem::path& file, const std::string& text);
/// The number behind a word, as in cpu.stat; 0 if it is not there.
[[nodiscard]] double number_after(const std::string& text, const std::string& word);
/// Processes that are in a group itself.
[[nodiscard]] std::vector<pid_t> processes_of(const std::filesystem::path& group);

}  // namespace ekya
