// The parts of a weights file that say what it holds: the directory of a zip archive and a pickle.
// What is no archive is a pickle itself, since the checksum of an archive's member would end every
// search.
#include "input.hpp"
#include "nn/tensor_pickle.hpp"
#include "nn/zip_archive.hpp"

using namespace ekya;

namespace {

void check_pickle(std::string_view pickle) {
    for (const auto content : {PickleContent::tensors, PickleContent::script})
        (void)fuzz::accepts([&] {
            fuzz::require(read_pickle(pickle, content) != nullptr, "a pickle without a value");
        });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = fuzz::bytes(data, size);
    if (!file.starts_with("PK")) {
        check_pickle(file);
        return 0;
    }
    (void)fuzz::accepts([&] {
        const ZipArchive archive(file);
        for (const char* name : {"data.pkl", "constants.pkl", "data/0", "version"})
            if (archive.contains(name)) check_pickle(archive.member(name));
    });
    return 0;
}
