// Stands in for libFuzzer where there is none: runs the target once over every file of the
// directories named.
#include <algorithm>
#include <filesystem>
#include <vector>

#include "ekya/core/atomic_file.hpp"
#include "input.hpp"

namespace fs = std::filesystem;

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i)
        for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
    ekya::fuzz::require(!files.empty(), "no inputs found");
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::printf("%s\n", file.string().c_str());
        std::fflush(stdout);  // the last name says which one failed
        const std::string bytes = ekya::read_file(file);
        (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                     bytes.size());
    }
    return 0;
}
