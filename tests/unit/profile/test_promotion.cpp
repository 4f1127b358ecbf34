#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/profile/promotion.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("judge_promotion: a better, an equal and a model that is worse by chance are promoted") {
    for (const PairedComparison& fresh :
         {PairedComparison{15, 8, 5, 1}, {15, 12, 0, 0}, {20, 12, 2, 4}, {20, 15, 0, 3}}) {
        CAPTURE(fresh.lost);
        const auto p = judge_promotion(fresh, {40, 30, 3, 3});
        CHECK(p.promoted);
        CHECK(p.won == fresh.won);
        CHECK(p.lost == fresh.lost);
        CHECK(p.held_out == fresh.count);
        CHECK(has(p.reason, "not worse on fresh labels"));
    }
}

TEST_CASE(
    "judge_promotion: what an equal model would lose in one of ten cases at most is refused") {
    const auto p = judge_promotion({20, 14, 0, 4}, {});  // 1/16
    CHECK_FALSE(p.promoted);
    CHECK(p.reason == "worse on fresh labels: won 0, lost 4 of 20, probability 0.0625 if equal");
    CHECK(judge_promotion({20, 14, 0, 4}, {}, {0.05, 0.1}).promoted);
    CHECK_FALSE(judge_promotion({100, 60, 6, 14}, {}).promoted);  // 0.058
    CHECK(judge_promotion({100, 60, 8, 14}, {}).promoted);        // 0.14
}

TEST_CASE(
    "judge_promotion: large and certain forgetting of earlier windows refuses a model that wins on "
    "fresh labels") {
    const PairedComparison wins{15, 8, 5, 1};
    const auto p = judge_promotion(wins, {30, 20, 1, 7});  // a fall of 20 points, 0.035
    CHECK_FALSE(p.promoted);
    CHECK(has(p.reason, "forgets earlier windows: won 1, lost 7 of 30, a fall of 20 points"));
    CHECK(*p.exemplar_accuracy_before == Approx(27.0 / 30));
    CHECK(*p.exemplar_accuracy_after == Approx(21.0 / 30));
    CHECK(judge_promotion(wins, {30, 20, 1, 7}, {0.1, 0.25}).promoted);
    CHECK(judge_promotion(wins, {100, 80, 1, 9}).promoted);  // certain, but 8 points
    CHECK(judge_promotion(wins, {10, 5, 1, 3}).promoted);    // 20 points, but chance
}

TEST_CASE(
    "judge_promotion: without fresh labels earlier windows decide, without any the serving model "
    "stays") {
    const auto p = judge_promotion({}, {30, 20, 2, 2});
    CHECK(p.promoted);
    CHECK(has(p.reason, "earlier windows"));
    const auto none = judge_promotion({}, {});
    CHECK_FALSE(none.promoted);
    CHECK_FALSE(none.exemplar_accuracy_before.has_value());
    CHECK(none.reason == "only 0 held-out labels to compare on, 5 are needed");
    CHECK_FALSE(judge_promotion({3, 1, 2, 0}, {1, 1, 0, 0}).promoted);
    CHECK(judge_promotion({3, 1, 2, 0}, {2, 1, 0, 0}).promoted);
}

TEST_CASE("judge_promotion: where every model is to serve, the worst does, and says how it did") {
    PromotionRule rule;
    rule.always = true;
    const auto p = judge_promotion({20, 14, 0, 9}, {}, rule);
    CHECK(p.promoted);
    CHECK(has(p.reason, "won 0, lost 9 of 20"));
}

TEST_CASE("judge_promotion: rules out of range are refused") {
    CHECK_THROWS_AS((void)judge_promotion({}, {}, {0, 0.1}), DomainError);
    CHECK_THROWS_AS((void)judge_promotion({}, {}, {0.6, 0.1}), DomainError);
    CHECK_THROWS_AS((void)judge_promotion({}, {}, {0.1, 1.5}), DomainError);
}
