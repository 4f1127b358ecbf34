#include "scratch.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <iterator>
#include <stdexcept>

namespace ekya::test {

Scratch::Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ekya-video-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary directory");
    }
    directory_ = name;
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void write(const std::string& file, std::string_view content) {
    std::ofstream(file, std::ios::binary) << content;
}

std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::string> shared_data(const std::string& name) {
    const char* given = getenv("EKYA_SHARED_DATA");
    const auto directory =
        given != nullptr ? std::filesystem::path(given)
                         : std::filesystem::path(EKYA_SOURCE_DIR).parent_path() / "shared" / "data";
    const auto file = directory / name;
    if (!std::filesystem::exists(file)) {
        MESSAGE("skipped: no shared data at " << file.string() << " (set EKYA_SHARED_DATA)");
        return std::nullopt;
    }
    return file.string();
}

}  // namespace ekya::test
