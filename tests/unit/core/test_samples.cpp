#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/samples.hpp"

using namespace ekya;

TEST_CASE("Samples: of one kind are put together, of two are not") {
    CropBatch batch{2, std::vector<std::uint8_t>(24)};
    const LabelledCrops crops(batch, {0, 1});
    LabelledFrames frames;
    frames.images.push_back(std::make_shared<const FrameImage>());
    frames.boxes.push_back({{{0, 0, 1, 1}, 0, false}, {{0, 0, 1, 1}, 0, true}});
    CHECK(crops.labels_in_all() == 2);
    CHECK(frames.count() == 1);
    CHECK(frames.labels_in_all() == 1);  // an ignored place is no label

    const auto more = frames.none();
    CHECK(more->empty());
    more->append(frames, 0);
    more->append(frames, 0);
    CHECK(more->count() == 2);
    CHECK_THROWS_AS(more->append(crops, 0), DomainError);
    CHECK_THROWS_AS(crops.none()->append(frames, 0), DomainError);
}
