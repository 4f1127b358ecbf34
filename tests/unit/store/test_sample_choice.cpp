#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ekya/core/errors.hpp"
#include "ekya/store/sample_choice.hpp"
#include "stored.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::set<int> crops_where(const std::vector<ChosenCrop>& chosen, bool uniform) {
    std::set<int> found;
    for (const auto& c : chosen)
        if (c.uniform == uniform) found.insert(c.reference.crop);
    return found;
}

/// Crops whose left and right half differ by `contrast` each, lit by their number.
CropBatch halves(const std::vector<int>& contrast) {
    CropBatch crops{crop_side, {}};
    for (std::size_t i = 0; i < contrast.size(); ++i)
        for (int y = 0; y < crop_side; ++y)
            for (int x = 0; x < crop_side; ++x)
                for (int channel = 0; channel < 3; ++channel)
                    crops.rgb.push_back(static_cast<std::uint8_t>(
                        20 + static_cast<int>(i) + (x < crop_side / 2 ? contrast[i] : 0)));
    return crops;
}

}  // namespace

TEST_CASE("choose_crops: uniform is the sample that was always drawn") {
    const auto manifest = manifest_of("a", 0, 40);
    SampleOptions options;
    const auto chosen = choose_crops(manifest, crops_of(40), options);
    const auto expected = sample_crops(manifest, 0.3, 1);
    REQUIRE(chosen.size() == expected.size());
    for (std::size_t i = 0; i < chosen.size(); ++i)
        CHECK(chosen[i].reference.crop == expected[i].crop);
    CHECK(crops_where(chosen, false).empty());
    options.choice = SampleChoice::uncertain;  // without a model to ask
    CHECK(crops_where(choose_crops(manifest, crops_of(40), options), true).size() == 12);
}

TEST_CASE(
    "choose_crops: change labels what looks different, whatever the light; a part stays uniform "
    "and marked") {
    const auto manifest = manifest_of("a", 0, 40);
    std::vector<int> contrast(40, 0);
    contrast[7] = 90;
    contrast[23] = 180;
    SampleOptions options;
    options.choice = SampleChoice::change;
    options.fraction = 0.2;
    const auto chosen = choose_crops(manifest, halves(contrast), options);
    CHECK(chosen.size() == 8);
    CHECK(crops_where(chosen, true).size() == 4);
    std::set<int> all;
    for (const auto& c : chosen) all.insert(c.reference.crop);
    CHECK(all.size() == 8);  // none twice
    CHECK(all.contains(7));
    CHECK(all.contains(23));
    for (const auto& c : chosen) CHECK(c.weight == (c.uniform ? 1 : 0));
    CHECK(std::is_sorted(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
        return a.reference.crop < b.reference.crop;
    }));
}

TEST_CASE("choose_crops: uncertain labels what the model is least sure of") {
    const auto manifest = manifest_of("a", 0, 40);
    SampleOptions options;
    options.choice = SampleChoice::uncertain;
    options.fraction = 0.25;
    options.uniform_part = 0.4;
    options.confidence = [](const CropBatch& crops) {
        std::vector<double> sure(crops.count(), 0.9);
        for (std::size_t i = 0; i < 20; ++i) sure[i] = 0.3 + 0.01 * static_cast<double>(i);
        return sure;
    };
    const auto chosen = choose_crops(manifest, crops_of(40), options);
    const auto uniform = crops_where(chosen, true), picked = crops_where(chosen, false);
    CHECK(uniform.size() == 4);
    CHECK(picked.size() == 6);
    std::set<int> expected;
    for (int crop = 0; expected.size() < 6; ++crop)
        if (!uniform.contains(crop)) expected.insert(crop);
    CHECK(picked == expected);
    // All up to the surest of those picked are labelled; the uniform ones above stand for all that
    // lie there.
    const int surest = *picked.rbegin();
    double sum = 0;
    int below = 0;
    for (const auto& c : chosen) {
        sum += c.weight;
        below += c.reference.crop <= surest;
        if (c.reference.crop <= surest)
            CHECK(c.weight == 1);
        else
            CHECK(c.weight > 1);
    }
    CHECK(below == surest + 1);
    CHECK(sum == doctest::Approx(40));
    options.fraction = 1;
    for (const auto& c : choose_crops(manifest, crops_of(40), options))
        CHECK((c.weight == 1 && c.uniform));
    options.fraction = 0.25;
    options.uniform_part = 0;  // nobody speaks for what the model is sure of
    for (const auto& c : choose_crops(manifest, crops_of(40), options)) CHECK(c.weight == 0);
    options.uniform_part = 1;
    CHECK(crops_where(choose_crops(manifest, crops_of(40), options), false).empty());
    options.uniform_part =
        0.4;  // all uniform ones lie among the unsure: again nobody speaks for the others
    options.confidence = [&](const CropBatch& crops) {
        std::vector<double> sure(crops.count(), 0.9);
        for (const int crop : uniform) sure[static_cast<std::size_t>(crop)] = 0.1;
        return sure;
    };
    for (const auto& c : choose_crops(manifest, crops_of(40), options))
        CHECK(c.weight == (c.uniform ? 1 : 0));
    options.uniform_part = 0;
    for (const auto& wrong : {std::vector<double>(3), std::vector<double>(40, std::nan("")),
                              std::vector<double>(40, 1.5)}) {
        options.confidence = [&](const CropBatch&) { return wrong; };
        CHECK_THROWS_AS((void)choose_crops(manifest, crops_of(40), options), DomainError);
    }
}

TEST_CASE("choose_crops: all, none, crops of another window, values out of range") {
    const auto manifest = manifest_of("a", 0, 10);
    SampleOptions options;
    options.choice = SampleChoice::change;
    options.fraction = 1;
    CHECK(choose_crops(manifest, crops_of(10), options).size() == 10);
    options.fraction = 0;
    CHECK(choose_crops(manifest, crops_of(10), options).empty());
    options.fraction = 0.5;
    options.uniform_part = 0;
    CHECK(crops_where(choose_crops(manifest, crops_of(10), options), true).empty());
    CHECK_THROWS_AS((void)choose_crops(manifest, crops_of(9), options), DomainError);
    options.uniform_part = 1.5;
    CHECK_THROWS_AS((void)choose_crops(manifest, crops_of(10), options), DomainError);
    CHECK(sample_choice_from("uniform") == SampleChoice::uniform);
    CHECK(sample_choice_from("change") == SampleChoice::change);
    CHECK(sample_choice_from("uncertain") == SampleChoice::uncertain);
    CHECK_THROWS_AS((void)sample_choice_from("new"), DomainError);
}
