#include <doctest/doctest.h>

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/store/crop_sample.hpp"
#include "stored.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::vector<int> sampled(const WindowManifest& manifest, double fraction, std::uint64_t seed = 1) {
    std::vector<int> crops;
    for (const auto& reference : sample_crops(manifest, fraction, seed))
        crops.push_back(reference.crop);
    return crops;
}

}  // namespace

TEST_CASE(
    "sample_crops: fraction 0 nothing, 1 everything, between the rounded part; ascending, none "
    "twice") {
    const auto manifest = manifest_of("a", 0, 50);
    CHECK(sampled(manifest, 0).empty());
    const auto all = sampled(manifest, 1);
    REQUIRE(all.size() == 50);
    for (int i = 0; i < 50; ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
    for (const double fraction : {0.1, 0.5, 0.73}) {
        const auto part = sampled(manifest, fraction);
        CHECK(part.size() == static_cast<std::size_t>(std::lround(fraction * 50)));
        CHECK(std::adjacent_find(part.begin(), part.end(), std::greater_equal<>()) == part.end());
    }
}

TEST_CASE("sample_crops: at least one if there is any, none of none") {
    CHECK(sampled(manifest_of("a", 0, 50), 1e-9).size() == 1);
    CHECK(sampled(manifest_of("a", 0, 1), 0.01).size() == 1);
    CHECK(sampled(manifest_of("a", 0, 0), 1).empty());
    CHECK(sampled(manifest_of("a", 0, 0), 0.01).empty());
}

TEST_CASE("sample_crops: the same for the same seed, stream and window; otherwise another") {
    const auto manifest = manifest_of("a", 3, 200);
    const auto part = sampled(manifest, 0.3);
    CHECK(sampled(manifest, 0.3) == part);
    CHECK(sampled(manifest, 0.3, 2) != part);
    CHECK(sampled(manifest_of("b", 3, 200), 0.3) != part);
    CHECK(sampled(manifest_of("a", 4, 200), 0.3) != part);
}

TEST_CASE("sample_crops: a larger fraction only adds, so that labels can be completed later") {
    const auto manifest = manifest_of("a", 3, 200);
    const auto few = sampled(manifest, 0.1), more = sampled(manifest, 0.4);
    CHECK(std::includes(more.begin(), more.end(), few.begin(), few.end()));
}

TEST_CASE("sample_crops: uniform over the window") {
    std::vector<int> hits(20);
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
        for (const int crop : sampled(manifest_of("a", 0, 20), 0.25, seed))
            ++hits[static_cast<std::size_t>(crop)];
    for (const int count : hits)
        CHECK(std::abs(count - 250) < 70);  // five standard deviations of 13.7
}

TEST_CASE("sample_crops: references lead to the objects; those that are not stored are left out") {
    auto manifest = manifest_of("a", 0, 4);
    manifest.frames[1].objects.insert(manifest.frames[1].objects.begin(), {{0, 0, 2, 2}, -1});
    manifest.frames.insert(manifest.frames.begin(), FrameObjects{0, 0, "", {{{0, 0, 4, 4}, -1}}});
    const auto all = sample_crops(manifest, 1, 1);
    CHECK(all.size() == 4);
    for (const auto& reference : all)
        CHECK(manifest.frames[reference.frame].objects[reference.object].crop == reference.crop);
}

TEST_CASE("sample_crops: fractions outside [0, 1] are refused") {
    CHECK_THROWS_AS((void)sample_crops(manifest_of("a", 0, 4), -0.1, 1), DomainError);
    CHECK_THROWS_AS((void)sample_crops(manifest_of("a", 0, 4), 1.1, 1), DomainError);
    CHECK_THROWS_AS((void)sample_crops(manifest_of("a", 0, 4), std::nan(""), 1), DomainError);
}
