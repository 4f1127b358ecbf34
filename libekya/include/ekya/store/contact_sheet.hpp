#pragma once
#include <filesystem>

#include "ekya/core/image.hpp"

namespace ekya {

/// Crops in a file: one PNG, 16 crops to a row, so that anybody can look at them. Lossless.
/// @throws SystemError if it cannot be written
void write_contact_sheet(const std::filesystem::path& file, const CropBatch& crops);

/// @param size side of a crop; @param count crops on the sheet
/// @throws InputError if the file is damaged or does not hold that many crops
[[nodiscard]] CropBatch read_contact_sheet(const std::filesystem::path& file, int size, int count);

}  // namespace ekya
