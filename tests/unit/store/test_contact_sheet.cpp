#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/store/contact_sheet.hpp"
#include "stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

/// Crops in which no two bytes that could be confused are equal.
CropBatch patterned(int count, int side) {
    CropBatch crops;
    crops.size = side;
    crops.rgb.resize(static_cast<std::size_t>(count) * crops.bytes_per_crop());
    for (std::size_t i = 0; i < crops.rgb.size(); ++i)
        crops.rgb[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    return crops;
}

}  // namespace

TEST_CASE("contact sheet: 0, 1, 16, 17 and 40 crops come back as they were") {
    const Scratch scratch;
    for (const int count : {0, 1, 16, 17, 40}) {
        const auto crops = patterned(count, 5);
        write_contact_sheet(scratch / "crops.png", crops);
        const auto again = read_contact_sheet(scratch / "crops.png", 5, count);
        CAPTURE(count);
        CHECK(again.size == 5);
        CHECK(again.count() == static_cast<std::size_t>(count));
        CHECK(again.rgb == crops.rgb);
    }
    CHECK(scratch.entries() == std::vector<std::string>{"crops.png"});
}

TEST_CASE("contact sheet: a PNG of 16 crops to a row that anybody can look at") {
    const Scratch scratch;
    write_contact_sheet(scratch / "crops.png", patterned(17, 8));
    const std::string png = content_of(scratch / "crops.png");
    REQUIRE(png.size() > 24);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    CHECK(static_cast<unsigned char>(png[19]) ==
          16 * 8);  // width and height, big endian, in the header chunk
    CHECK(static_cast<unsigned char>(png[23]) == 2 * 8);
}

TEST_CASE("contact sheet: damaged anywhere -> InputError that names the file, never other pixels") {
    const Scratch scratch;
    write_contact_sheet(scratch / "crops.png", patterned(17, 8));
    const std::string good = content_of(scratch / "crops.png");
    const auto complaint = [&](const std::string& bytes) {
        write(scratch / "crops.png", bytes);
        return message_of<InputError>(
            [&] { (void)read_contact_sheet(scratch / "crops.png", 8, 17); });
    };
    CHECK(complaint(good).empty());
    CHECK(contains(complaint(""), "crops.png: not a readable PNG"));
    CHECK(contains(complaint("no picture at all"), "crops.png: "));
    CHECK(contains(complaint(good.substr(0, 20)), "crops.png: "));
    CHECK(contains(complaint(good.substr(0, good.size() / 2)), "crops.png: damaged PNG"));
    std::string flipped = good;
    flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x55);
    CHECK(contains(complaint(flipped), "crops.png: damaged PNG"));
}

TEST_CASE(
    "contact sheet: another number or size of crops than the sheet has -> InputError with both") {
    const Scratch scratch;
    write_contact_sheet(scratch / "crops.png", patterned(17, 8));
    const auto complaint = [&](int size, int count) {
        return message_of<InputError>(
            [&] { (void)read_contact_sheet(scratch / "crops.png", size, count); });
    };
    CHECK(contains(complaint(8, 16), "128x16 pixels, 16 crops of 8 need 128x8"));
    CHECK(contains(complaint(8, 33), "33 crops of 8 need 128x24"));
    CHECK(contains(complaint(16, 17), "need 256x32"));
    CHECK(contains(
        message_of<InputError>([&] { (void)read_contact_sheet(scratch / "none.png", 8, 17); }),
        "none.png"));
}

TEST_CASE(
    "contact sheet: a manifest that claims absurdly many crops is refused without taking memory "
    "for them") {
    const Scratch scratch;
    write_contact_sheet(scratch / "crops.png", patterned(1, 8));
    CHECK_THROWS_AS((void)read_contact_sheet(scratch / "crops.png", 32, 2'000'000'000), InputError);
    CHECK_THROWS_AS((void)read_contact_sheet(scratch / "crops.png", 2'000'000'000, 1), InputError);
}
