#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/profile/agreement.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// Of so many labels of one weight, some answered alike.
Agreement agreement(const std::string& model, int alike, int count, double weight = 1) {
    std::vector<Grade> grades;
    for (int i = 0; i < count; ++i) grades.push_back({i < alike ? 1.0 : 0.0, 1, 1});
    return agreement_of(model, grades, std::vector<double>(grades.size(), weight));
}

}  // namespace

TEST_CASE("agreement_of: the share with Wilson's interval, as a table of it says") {
    const auto a = agreement("base", 34, 40);
    CHECK(a.labels == 40);
    CHECK(a.share == Approx(0.85));
    CHECK(a.low == Approx(0.7093).epsilon(0.001));
    CHECK(a.high == Approx(0.9294).epsilon(0.001));
    CHECK(to_text(a) == "agrees 85 % (71-93, n 40)");
    const auto all = agreement("base", 10, 10);
    CHECK(all.high == Approx(1));
    CHECK(all.low == Approx(0.7225).epsilon(0.001));
}

TEST_CASE("agreement_of: labels count by their weight, and unequal weights tell less") {
    std::vector<Grade> grades(10, {0, 1, 1});
    std::vector<double> weights(10, 1);
    for (std::size_t i = 0; i < 5; ++i) {
        grades[i].earned = 1;
        weights[i] = 3;
    }
    const auto a = agreement_of("base", grades, weights);
    CHECK(a.share == Approx(0.75));
    CHECK(a.labels == 8);
    const auto none = agreement("base", 4, 4, 0);
    CHECK(none.labels == 0);
    CHECK(to_text(none) == "no label to agree with");
    CHECK_THROWS_AS((void)agreement_of("base", grades, std::vector<double>(9, 1)), DomainError);
}

TEST_CASE("over_windows: all labels together, windows without labels count nothing") {
    const auto both = over_windows(
        {agreement("base", 24, 30), agreement("base", 3, 3, 0), agreement("w00002", 10, 10)});
    REQUIRE(both);
    CHECK(*both == agreement("w00002", 34, 40));
    CHECK(percent_text(*both) == "85 (71-93, n 40)");
    CHECK_FALSE(over_windows({}));
    CHECK_FALSE(over_windows({agreement("base", 3, 3, 0)}));
}
