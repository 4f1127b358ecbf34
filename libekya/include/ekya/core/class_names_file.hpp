#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ekya {

/// Class names of a file, one a line, in class order. @throws InputError
[[nodiscard]] std::vector<std::string> read_class_names(const std::filesystem::path& file);

/// The only *.names file beside a model. @throws InputError if there is none or several
[[nodiscard]] std::filesystem::path class_names_beside(const std::filesystem::path& model);

}  // namespace ekya
