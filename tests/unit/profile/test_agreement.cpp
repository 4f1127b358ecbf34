#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/profile/agreement.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

std::vector<Label> cars(int count, double weight = 1) {
    return std::vector<Label>(static_cast<std::size_t>(count), {0, "car", 1, true, weight});
}

std::vector<std::string> answers(int right, int count) {
    std::vector<std::string> all(static_cast<std::size_t>(count), "bus");
    std::fill_n(all.begin(), right, "car");
    return all;
}

}  // namespace

TEST_CASE("agreement_of: the share with Wilson's interval, as a table of it says") {
    const auto a = agreement_of("base", cars(40), answers(34, 40));
    CHECK(a.labels == 40);
    CHECK(a.share == Approx(0.85));
    CHECK(a.low == Approx(0.7093).epsilon(0.001));
    CHECK(a.high == Approx(0.9294).epsilon(0.001));
    CHECK(to_text(a) == "agrees 85 % (71-93, n 40)");
    const auto all = agreement_of("base", cars(10), answers(10, 10));
    CHECK(all.high == Approx(1));
    CHECK(all.low == Approx(0.7225).epsilon(0.001));
}

TEST_CASE("agreement_of: labels count by their weight, and unequal weights tell less") {
    auto labels = cars(10);
    for (std::size_t i = 0; i < 5; ++i) labels[i].weight = 3;
    const auto a = agreement_of("base", labels, answers(5, 10));
    CHECK(a.share == Approx(0.75));
    CHECK(a.labels == 8);
    const auto none = agreement_of("base", cars(4, 0), answers(4, 4));
    CHECK(none.labels == 0);
    CHECK(to_text(none) == "no label to agree with");
    CHECK_THROWS_AS((void)agreement_of("base", cars(4), answers(3, 3)), DomainError);
}

TEST_CASE("over_windows: all labels together, windows without labels count nothing") {
    const auto both = over_windows({agreement_of("base", cars(30), answers(24, 30)),
                                    agreement_of("base", cars(3, 0), answers(3, 3)),
                                    agreement_of("w00002", cars(10), answers(10, 10))});
    REQUIRE(both);
    CHECK(*both == agreement_of("w00002", cars(40), answers(34, 40)));
    CHECK(percent_text(*both) == "85 (71-93, n 40)");
    CHECK_FALSE(over_windows({}));
    CHECK_FALSE(over_windows({agreement_of("base", cars(3, 0), answers(3, 3))}));
}
