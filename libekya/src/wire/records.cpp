#include "ekya/wire/records.hpp"

#include "ekya/core/atomic_file.hpp"

namespace ekya {

std::string read_text_for_record(const std::filesystem::path& file) { return read_file(file); }

}  // namespace ekya
