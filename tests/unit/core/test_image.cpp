#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/image.hpp"

using namespace ekya;

TEST_CASE("CropBatch: counts and cuts its crops; an empty one has none") {
    CropBatch crops;
    CHECK(crops.count() == 0);
    crops.size = 2;
    CHECK(crops.count() == 0);
    for (int i = 0; i < 3 * 12; ++i) crops.rgb.push_back(static_cast<std::uint8_t>(i));
    CHECK(crops.bytes_per_crop() == 12);
    CHECK(crops.count() == 3);
    CHECK(crops.crop(2).size() == 12);
    CHECK(crops.crop(2)[0] == 24);
}

TEST_CASE("CropBatch::append: pixels and place travel together; what does not fit is refused") {
    const CropBatch all{
        1, {1, 2, 3, 4, 5, 6}, {{0.1F, 0.2F, 0.3F, 0.4F}, {0.5F, 0.6F, 0.7F, 0.8F}}};
    CropBatch part;
    part.append(all, 1);
    part.append(all, 0);
    CHECK(part.size == 1);
    CHECK(part.rgb == std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3});
    CHECK(part.places == std::vector<FramePlace>{all.places[1], all.places[0]});
    CHECK_THROWS_AS(part.append(CropBatch{2, std::vector<std::uint8_t>(12), {{}}}, 0), DomainError);
    CHECK_THROWS_AS(part.append(CropBatch{1, {1, 2, 3}}, 0), DomainError);  // places unknown
    CHECK(part.count() == 2);
}

TEST_CASE("place_of: parts of the frame's sides") {
    const FramePlace place = place_of({40, 30, 80, 90}, 400, 300);
    CHECK(place == FramePlace{0.15F, 0.2F, 0.1F, 0.2F});
    CHECK_THROWS_AS((void)place_of({0, 0, 1, 1}, 0, 10), DomainError);
}
