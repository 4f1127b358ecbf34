#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/store/label_filter.hpp"

using namespace ekya;

namespace {

Label answer(const std::string& name, double score = 0.9) {
    Label label;
    label.class_name = name;
    label.score = score;
    return label;
}

}  // namespace

TEST_CASE("LabelFilter: answers are mapped; what cannot be used is counted by its reason") {
    LabelFilter filter({"car", "pedestrian"}, {{"person", "pedestrian"}}, 0.5);
    CHECK(filter.take(answer("car"))->class_name == "car");
    CHECK(filter.take(answer("person", 0.5))->class_name == "pedestrian");
    CHECK_FALSE(filter.take(answer("car", 0.4)));
    CHECK_FALSE(filter.take(answer("")));
    CHECK_FALSE(filter.take(answer("dog")));
    CHECK_FALSE(filter.take(answer("dog", 0.1)));
    CHECK(filter.yield() == LabelYield{6, 2, 1, 1, {{"dog", 2}}});
}

TEST_CASE("warning_of: a yield under a tenth is told with its reasons, the most frequent first") {
    LabelYield yield{181, 3, 120, 50, {{"cat", 1}, {"dog", 5}, {"bus", 2}}};
    CHECK(warning_of(yield) ==
          "only 3 of 181 objects have a usable label: the teacher sees nothing in 120, 50 are "
          "below --min-score, other classes: dog 5, bus 2, cat 1 (see --class-map)");
    yield.given = 19;
    CHECK(warning_of(yield).empty());
    CHECK(warning_of({9, 0, 9, 0, {}}).empty());  // too few to say
}

TEST_CASE("class_map_from, check_class_map: wrong entries are named with what would be right") {
    CHECK(class_map_from({"person=pedestrian", "bus=car"}).size() == 2);
    CHECK_THROWS_WITH_AS((void)class_map_from({"person"}),
                         "--class-map: \"person\" is not of the form teacher=ours", ConfigError);
    CHECK_THROWS_WITH_AS((void)class_map_from({"bus=car", "bus=truck"}),
                         "--class-map: bus is mapped to car and to truck", ConfigError);
    const ClassMap map{{"person", "pedestrian"}};
    CHECK_NOTHROW(check_class_map(map, {}, {"pedestrian"}));
    CHECK_NOTHROW(check_class_map(map, {"person", "dog"}, {"pedestrian"}));
    CHECK_THROWS_WITH_AS(
        check_class_map(map, {}, {"car", "human"}),
        "--class-map: person=pedestrian: no stream has this class; classes are car, human",
        ConfigError);
    CHECK_THROWS_WITH_AS(check_class_map(map, {"human", "dog"}, {"pedestrian"}),
                         "--class-map: person=pedestrian: the teacher has no such class; it knows "
                         "human, dog",
                         ConfigError);
}

TEST_CASE("BoxFilter: sure boxes are objects, unsure ones are ignored, the others are background") {
    BoxFilter filter({"car", "pedestrian"}, {{"person", "pedestrian"}}, 0.5, 0.2);
    const auto box = [](const std::string& name, double score) {
        return LabelledBox{{1, 2, 3, 4}, name, score};
    };
    const auto boxes =
        filter.take({box("car", 0.9), box("person", 0.5), box("car", 0.49), box("car", 0.2),
                     box("car", 0.1), box("dog", 0.8), box("dog", 0.3)});
    REQUIRE(boxes.size() == 4);
    CHECK(boxes[0] == box("car", 0.9));
    CHECK(boxes[1] == box("pedestrian", 0.5));
    CHECK(boxes[2].ignore);
    CHECK(boxes[3].ignore);
    CHECK(filter.yield() == LabelYield{5, 2, 0, 2, {{"dog", 1}}});
    CHECK(filter.take({}).empty());  // an empty frame
    CHECK(filter.yield().asked == 5);
    BoxFilter same({"car"}, {}, 0.5, 0.5);
    CHECK(same.take({box("car", 0.49)}).empty());
    CHECK_THROWS_AS(BoxFilter({"car"}, {}, 0.5, 0.6), DomainError);
    CHECK_THROWS_AS(BoxFilter({"car"}, {}, 1.5, 0.6), DomainError);
    CHECK_THROWS_AS(BoxFilter({"car"}, {}, 0.5, -0.1), DomainError);
}
