#pragma once
#include <filesystem>

namespace ekya {

/// Whether a path leads out of a store by symbolic links, its own or those of directories above it.
/// A path that does not exist leads nowhere.
[[nodiscard]] bool leads_out(const std::filesystem::path& root, const std::filesystem::path& path);

/// @throws InputError naming the path and its target if it leads out
void require_inside(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace ekya
