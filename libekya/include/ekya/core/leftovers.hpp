// Files and directories that a process writes aside have its id in their names: another process
// can tell which ones a killed process has left.
#pragma once
#include <filesystem>

#include "ekya/core/config.hpp"

namespace ekya {

/// Where this process writes what will be named `target`: .NAME.part<process id>, beside it.
[[nodiscard]] std::filesystem::path part_of(const std::filesystem::path& target);
/// Where what `target` was is kept while it is replaced: .NAME.old<process id>, beside it.
[[nodiscard]] std::filesystem::path old_of(const std::filesystem::path& target);

/// Whether a process of this machine has this id, also one of another user.
[[nodiscard]] bool is_alive(int process);

/// Removes, in a directory and all below it, parts of processes that are gone. What they were
/// replacing, and had not replaced yet, is put back. Errors are passed over.
/// @param least_age of what may go; above 0 where processes of other machines write too
/// @return how many were removed or put back
int sweep_leftovers(const std::filesystem::path& directory, Seconds least_age = 0);
/// The same of one target alone. Hides nothing that a process is writing.
void sweep_leftovers_of(const std::filesystem::path& target);

/// Gives a file the name NAME.damaged, or NAME.damaged.1, .2 behind it, so that a new one can take
/// its place. @return its new name @throws SystemError if it cannot be renamed
std::filesystem::path rename_damaged(const std::filesystem::path& file);

}  // namespace ekya
