#include <doctest/doctest.h>

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
