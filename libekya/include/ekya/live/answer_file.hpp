#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/serving.hpp"

namespace ekya {

/// The answers that an earlier run left in a file (ekya.inference/1, JSON Lines).
/// @param tolerate_cut a last line that was cut off is dropped instead
/// @throws InputError "file:line: ..."
[[nodiscard]] std::vector<FrameAnswer> read_answers(const std::filesystem::path& file,
                                                    bool tolerate_cut);

/// What a run needs of them to go on: the window that is open, and the one before it for what
/// carries over.
/// @param newest stored window of the stream; answers for windows far beyond it are none
[[nodiscard]] std::vector<FrameAnswer> answers_to_resume(const std::filesystem::path& file,
                                                         std::optional<int> newest = {});

/// A file whose last line was cut off gets a clean end before more is appended; one that is not
/// there, or is a link, a pipe or a directory, is left so.
void mend_cut_line(const std::filesystem::path& file);

}  // namespace ekya
