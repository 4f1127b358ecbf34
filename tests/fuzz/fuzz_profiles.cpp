// The published profile format. The first byte of the parameters chooses which of its files the
// text is; 0 is a camera.
#include <cmath>

#include "ekya/wire/records.hpp"
#include "input.hpp"
#include "simulate/profile_texts.hpp"

using namespace ekya;

namespace {

void check_csv(const std::string& text, double full_share) {
    (void)fuzz::accepts([&] {
        const auto curve = inference_profile(text, "t.csv", full_share);
        double before = 0;
        for (const auto& point : curve.hull()) {
            fuzz::require(point.relative_accuracy >= before - 1e-9, "a hull that falls");
            before = point.relative_accuracy;
        }
        for (double share = 0; share <= 2 * full_share; share += full_share / 16) {
            const double relative = curve.relative_accuracy(share);
            fuzz::require(relative >= 0 && relative <= 1 + 1e-9,
                          "a relative accuracy outside [0, 1]");
            fuzz::require(curve.config(share).frame_stride >= 1, "a stride below 1");
        }
        (void)curve.upper_hull();
        (void)curve.share_for(0.5);
    });
    (void)fuzz::accepts([&] {
        for (const auto& entry : inference_estimates(text, "t.csv", full_share))
            fuzz::require(
                entry.config.frame_stride >= 1 && entry.share > 0 && std::isfinite(entry.share),
                "an inference configuration out of range");
    });
}

/// The same camera twice, so that the second one is compared with the windows of the first.
void check_camera(const std::string& text, bool oracle) {
    const std::vector<InferenceEstimate> inference{{{1, 0}, 1, 0.25}, {{2, 0}, 0.8, 0.125}};
    ProfileSet set;
    if (!fuzz::accepts([&] { add_camera(set, "a", text, "a.json", inference, oracle); })) return;
    fuzz::require(fuzz::accepts([&] { add_camera(set, "b", text, "b.json", inference, oracle); }),
                  "a camera with the windows of another is refused");
    for (const auto& window : set.windows) {
        fuzz::require(window.truth.size() == 2 && window.predicted.size() == 2,
                      "a window without its cameras");
        for (const auto* list : {&window.truth, &window.predicted})
            for (const auto& estimate : *list)
                if (fuzz::accepts([&] { validate(estimate); }))
                    fuzz::require(fuzz::accepts([&] {
                                      (void)decode<PlanningInput>(encode(estimate), "estimate");
                                  }),
                                  "a valid estimate is no valid record");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    switch (input.byte() % 4) {
        case 0:
            check_camera(input.text(), false);
            break;
        case 1:
            check_camera(input.text(), true);
            break;
        case 2:
            check_csv(input.text(), input.number(0.25, 4));
            break;
        case 3:
            fuzz::accepts([&] { (void)manifest_cameras(input.text(), "manifest.json"); });
            break;
    }
    return 0;
}
