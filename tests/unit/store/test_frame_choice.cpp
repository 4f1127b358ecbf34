#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "ekya/core/errors.hpp"
#include "ekya/store/frame_choice.hpp"
#include "stored.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

/// Every second of `frames` frames is kept, beginning with the first.
WindowManifest half_kept(int frames, const std::string& stream = "a") {
    auto manifest = manifest_of(stream, 0, frames);
    manifest.task = "detection";
    manifest.crop_size = manifest.crops = 0;
    for (std::size_t i = 0; i < manifest.frames.size(); ++i) {
        manifest.frames[i].objects.clear();
        if (i % 2 == 0) manifest.frames[i].image = "frame-" + std::to_string(i) + ".jpg";
    }
    return manifest;
}

std::set<std::size_t> frames_where(const std::vector<ChosenFrame>& chosen, bool uniform) {
    std::set<std::size_t> found;
    for (const auto& c : chosen)
        if (c.uniform == uniform) found.insert(c.frame);
    return found;
}

FrameChoiceOptions by_doubt(std::function<double(std::size_t)> doubt_of) {
    FrameChoiceOptions options;
    options.choice = SampleChoice::uncertain;
    options.doubt = [doubt_of](std::span<const std::size_t> frames) {
        std::vector<double> doubt;
        for (const auto frame : frames) doubt.push_back(doubt_of(frame));
        return doubt;
    };
    return options;
}

}  // namespace

TEST_CASE("choose_frames: uniform is a part of the kept frames, the same for the same seed") {
    const auto manifest = half_kept(80);
    FrameChoiceOptions options;
    const auto chosen = choose_frames(manifest, options);
    CHECK(chosen.size() == 12);  // 0.3 of 40
    for (const auto& c : chosen) {
        CHECK(c.frame % 2 == 0);
        CHECK((c.uniform && c.weight == 1));
    }
    CHECK(std::is_sorted(chosen.begin(), chosen.end(),
                         [](const auto& a, const auto& b) { return a.frame < b.frame; }));
    CHECK(choose_frames(manifest, options) == chosen);
    options.choice = SampleChoice::uncertain;  // with nobody to ask
    CHECK(choose_frames(manifest, options) == chosen);
    options.seed = 2;
    CHECK(choose_frames(manifest, options) != chosen);
    CHECK(choose_frames(half_kept(80, "b"), options) != choose_frames(manifest, options));
}

TEST_CASE("choose_frames: uncertain labels the largest doubt; the weights stand for all frames") {
    const auto manifest = half_kept(80);
    auto options = by_doubt([](std::size_t frame) { return 100 - static_cast<double>(frame); });
    options.fraction = 0.25;
    options.uniform_part = 0.4;
    const auto chosen = choose_frames(manifest, options);
    const auto uniform = frames_where(chosen, true), picked = frames_where(chosen, false);
    CHECK(uniform.size() == 4);
    CHECK(picked.size() == 6);
    std::set<std::size_t> expected;
    for (std::size_t frame = 0; expected.size() < 6; frame += 2)
        if (!uniform.contains(frame)) expected.insert(frame);
    CHECK(picked == expected);
    double sum = 0;
    for (const auto& c : chosen) {
        CHECK((c.frame <= *picked.rbegin() ? c.weight == 1 : c.weight > 1));
        sum += c.weight;
    }
    CHECK(sum == doctest::Approx(40));
    options.uniform_part = 0;  // nobody speaks for the frames without doubt
    for (const auto& c : choose_frames(manifest, options)) CHECK(c.weight == 0);
}

TEST_CASE("choose_frames: what is measured with the weights is right in the mean") {
    // A third of the frames is answered wrongly, mostly where the doubt is large.
    const auto manifest = half_kept(180);
    const auto wrong = [](std::size_t frame) { return frame < 40 || frame % 18 == 0; };
    double truth = 0, measured = 0, uniform_only = 0;
    for (const auto frame : kept_frames(manifest)) truth += wrong(frame) / 90.0;
    auto options = by_doubt([](std::size_t frame) { return frame < 44 ? 1.0 : 0.0; });
    constexpr int seeds = 400;
    for (options.seed = 1; options.seed <= seeds; ++options.seed) {
        double sum = 0, weights = 0, right = 0, all = 0;
        for (const auto& c : choose_frames(manifest, options)) {
            sum += c.weight * wrong(c.frame);
            weights += c.weight;
            right += c.uniform && wrong(c.frame);
            all += c.uniform;
        }
        measured += sum / weights / seeds;
        uniform_only += right / all / seeds;
    }
    CHECK(measured == doctest::Approx(truth).epsilon(0.03));
    CHECK(uniform_only == doctest::Approx(truth).epsilon(0.06));
}

TEST_CASE("choose_frames: frames of equal doubt are not all taken from the window's begin") {
    const auto manifest = half_kept(200);
    auto options = by_doubt([](std::size_t) { return 0.0; });
    options.uniform_part = 0;
    double mean = 0;
    const auto chosen = choose_frames(manifest, options);
    for (const auto& c : chosen)
        mean += static_cast<double>(c.frame) / static_cast<double>(chosen.size());
    CHECK(mean > 60);
    CHECK(mean < 140);
}

TEST_CASE("choose_frames: change labels the picture that looks different") {
    const auto manifest = half_kept(40);
    FrameChoiceOptions options;
    options.choice = SampleChoice::change;
    options.fraction = 0.2;
    CHECK_THROWS_AS((void)choose_frames(manifest, options), ConfigError);
    options.pictures = [](std::span<const std::size_t> frames) {
        CropBatch pictures{crop_side, {}};
        for (const auto frame : frames)
            for (int i = 0; i < crop_side * crop_side * 3; ++i)
                pictures.rgb.push_back(frame == 26 && i < 12 ? 250 : 90);
        return pictures;
    };
    const auto chosen = choose_frames(manifest, options);
    CHECK(chosen.size() == 4);
    CHECK(frames_where(chosen, true).size() == 2);
    CHECK(std::any_of(chosen.begin(), chosen.end(), [](const auto& c) { return c.frame == 26; }));
    for (const auto& c : chosen) CHECK(c.weight == (c.uniform ? 1 : 0));
    options.pictures = [](auto) { return crops_of(3); };
    CHECK_THROWS_AS((void)choose_frames(manifest, options), DomainError);
}

TEST_CASE("choose_frames: all, none, no frames, values out of range") {
    const auto manifest = half_kept(20);
    auto options = by_doubt([](std::size_t) { return 0.5; });
    options.fraction = 1;
    const auto all = choose_frames(manifest, options);
    CHECK(all.size() == 10);
    for (const auto& c : all) CHECK((c.uniform && c.weight == 1));
    options.fraction = 0;
    CHECK(choose_frames(manifest, options).empty());
    options.fraction = 0.5;
    CHECK(choose_frames(half_kept(0), options).empty());
    auto none_kept = manifest;
    for (auto& frame : none_kept.frames) frame.image.clear();
    CHECK(choose_frames(none_kept, options).empty());
    options.doubt = [](auto) { return std::vector<double>(3); };
    CHECK_THROWS_AS((void)choose_frames(manifest, options), DomainError);
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        options = by_doubt([bad](std::size_t) { return bad; });
        CHECK_THROWS_AS((void)choose_frames(manifest, options), DomainError);
    }
    options.fraction = 1.5;
    CHECK_THROWS_AS((void)choose_frames(manifest, options), DomainError);
    options.fraction = 0.5;
    options.uniform_part = -1;
    CHECK_THROWS_AS((void)choose_frames(manifest, options), DomainError);
}
