// Crops in a PNG file. The first two bytes are the side of a crop and how many the manifest claims;
// the file is the rest.
#include "ekya/store/contact_sheet.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static const test::Scratch scratch;
    const auto file = scratch / "crops.png", again = scratch / "again.png";
    const int side = data[0] - 1, count = data[1];
    test::write(file, fuzz::bytes(data, size).substr(2));
    CropBatch crops;
    if (!fuzz::accepts([&] { crops = read_contact_sheet(file, side, count); })) return 0;
    if (count == 0) return 0;
    fuzz::require(crops.size == side && crops.count() == static_cast<std::size_t>(count),
                  "other crops than asked for");
    write_contact_sheet(again, crops);
    fuzz::require(read_contact_sheet(again, side, count).rgb == crops.rgb,
                  "crops changed on their way");
    return 0;
}
