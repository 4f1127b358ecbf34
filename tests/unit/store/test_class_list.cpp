#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/store/class_list.hpp"

using namespace ekya;
using Names = std::vector<std::string>;

TEST_CASE("continues: the same classes, or more at the end") {
    CHECK(continues({"car", "person"}, {"car", "person"}));
    CHECK(continues({"car", "person"}, {"car", "person", "bus"}));
    CHECK_FALSE(continues({"car", "person"}, {"person", "car"}));
    CHECK_FALSE(continues({"car", "person"}, {"car"}));
}

TEST_CASE("outputs_left: in the list's order, without the classes it no longer names") {
    const Names model{"car", "person", "bus"};
    CHECK(outputs_left(model, {"car", "bus"}) == std::vector<int>{0, 2});
    CHECK(outputs_left(model, {"bus", "car", "truck"}) == std::vector<int>{2, 0});
    CHECK(outputs_left(model, model) == std::vector<int>{0, 1, 2});
    CHECK_THROWS_WITH_AS(
        (void)outputs_left(model, {"car", "truck", "bus"}),
        "class truck is new and stands before bus; new classes come at the end of the list",
        InputError);
    CHECK_THROWS_WITH_AS((void)outputs_left(model, {"car", "truck"}),
                         "of the model's classes fewer than two are left; it needs a new store",
                         InputError);
}
