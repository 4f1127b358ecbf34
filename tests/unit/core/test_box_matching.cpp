#include <doctest/doctest.h>

#include "ekya/core/box_matching.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

constexpr int car = 0, bus = 1;
const Box here{0, 0, 10, 10}, there{50, 50, 60, 60};

/// `here`, moved to the right.
Box moved(double pixels) { return {pixels, 0, pixels + 10, 10}; }

using Answers = std::vector<ScoredBox>;
using Objects = std::vector<TargetBox>;
using Matches = std::vector<int>;

}  // namespace

TEST_CASE("match_boxes: each answer has the object that it is on, or none") {
    const Objects objects{{there, car}, {here, car}};
    CHECK(match_boxes(Answers{{here, car, 0.9}, {{80, 0, 90, 10}, car, 0.8}, {there, car, 0.7}},
                      objects) == Matches{1, unmatched, 0});
}

TEST_CASE("match_boxes: frames without answers, without objects, without either") {
    CHECK(match_boxes({}, Objects{{here, car}}).empty());
    CHECK(match_boxes(Answers{{here, car, 1}}, {}) == Matches{unmatched});
    CHECK(match_boxes({}, {}).empty());
}

TEST_CASE("match_boxes: an IoU of exactly the least one matches, a smaller one does not") {
    const Objects objects{{here, car}};
    CHECK(match_boxes(Answers{{{0, 0, 3, 10}, car, 1}}, objects) == Matches{0});
    CHECK(match_boxes(Answers{{{0, 0, 2.99, 10}, car, 1}}, objects) == Matches{unmatched});
    CHECK(match_boxes(Answers{{{0, 0, 5, 10}, car, 1}}, objects, 0.5) == Matches{0});
    CHECK(match_boxes(Answers{{{0, 0, 5, 10}, car, 1}}, objects, 0.51) == Matches{unmatched});
}

TEST_CASE("match_boxes: a box of another class is on nothing") {
    const Objects objects{{here, car}};
    CHECK(match_boxes(Answers{{here, bus, 1}}, objects) == Matches{unmatched});
    CHECK(match_boxes(Answers{{here, bus, 0.9}, {moved(2), car, 0.1}}, objects) ==
          Matches{unmatched, 0});  // it takes the object from no other
}

TEST_CASE("match_boxes: of two answers on one object the surer one has it") {
    const Objects objects{{here, car}};
    CHECK(match_boxes(Answers{{here, car, 0.5}, {moved(3), car, 0.9}}, objects) ==
          Matches{unmatched, 0});
    CHECK(match_boxes(Answers{{moved(3), car, 0.5}, {here, car, 0.5}}, objects) ==
          Matches{0, unmatched});  // equally sure: the first
}

TEST_CASE("match_boxes: the surer answer chooses first, the other takes what is left") {
    // Both are on the first object best; the second one is in reach of both.
    const Objects objects{{here, car}, {moved(4), car}};
    CHECK(match_boxes(Answers{{moved(1), car, 0.5}, {here, car, 0.9}}, objects) == Matches{1, 0});
    CHECK(match_boxes(Answers{{moved(1), car, 0.9}, {here, car, 0.5}}, objects) == Matches{0, 1});
    // Greedy: the surer answer takes the only object that the other could have had.
    CHECK(match_boxes(Answers{{moved(-3), car, 0.5}, {moved(1.9), car, 0.9}}, objects) ==
          Matches{unmatched, 0});
}

TEST_CASE("match_boxes: of objects with equal overlap the first") {
    CHECK(match_boxes(Answers{{here, car, 1}}, Objects{{moved(2), car}, {moved(-2), car}}) ==
          Matches{0});
    CHECK(match_boxes(Answers{{here, car, 1}, {here, car, 1}}, Objects{{here, car}, {here, car}}) ==
          Matches{0, 1});
}

TEST_CASE("match_boxes: an answer half of which lies on an ignored object does not count") {
    const Objects objects{{{0, 0, 100, 100}, car, true}};
    CHECK(match_boxes(Answers{{here, car, 1}, {here, car, 0.9}, {{-5, 0, 5, 10}, car, 0.8}},
                      objects) == Matches{on_ignored, on_ignored, on_ignored});
    CHECK(match_boxes(Answers{{{-5.1, 0, 4.9, 10}, car, 1}}, objects) == Matches{unmatched});
    CHECK(match_boxes(Answers{{here, bus, 1}}, objects) == Matches{on_ignored});  // of any class
    // An ignored object inside of a large answer covers too little of it.
    CHECK(match_boxes(Answers{{{0, 0, 100, 100}, car, 1}}, Objects{{here, car, true}}) ==
          Matches{unmatched});
}

TEST_CASE("match_boxes: an object comes before what is ignored, also beneath it") {
    const Objects objects{{{0, 0, 100, 100}, car, true}, {moved(2), car}};
    CHECK(match_boxes(Answers{{here, car, 0.5}, {here, car, 0.9}}, objects) ==
          Matches{on_ignored, 1});
}

TEST_CASE("match_boxes: empty and inverted boxes are on nothing") {
    CHECK(match_boxes(Answers{{{5, 5, 5, 5}, car, 1}, {{8, 8, 2, 2}, car, 1}},
                      Objects{{here, car}, {{5, 5, 5, 5}, car}, {{0, 0, 9, 9}, car, true}}) ==
          Matches{unmatched, unmatched});
}

TEST_CASE("count_matches: answers on ignored objects and ignored objects are left out") {
    const Objects objects{{here, car}, {moved(30), car}, {there, bus}, {moved(70), car, true}};
    const Answers answers{
        {here, car, 0.9}, {here, car, 0.8}, {there, car, 0.7}, {moved(70), car, 0.6}};
    CHECK(count_matches(answers, objects) == BoxCounts{3, 3, 1});
    CHECK(count_matches({}, objects) == BoxCounts{0, 3, 0});
    CHECK(count_matches(answers, {}) == BoxCounts{4, 0, 0});
}

TEST_CASE("BoxCounts: F1 of sums over frames, 1 where there is nothing") {
    CHECK(BoxCounts{}.f1() == 1);
    CHECK(BoxCounts{4, 0, 0}.f1() == 0);
    CHECK(BoxCounts{0, 4, 0}.f1() == 0);
    BoxCounts counts{3, 4, 2};
    CHECK(counts.f1() == Approx(4.0 / 7));
    counts += {1, 0, 0};
    CHECK(counts == BoxCounts{4, 4, 2});
    // Precision 0.5 and recall 0.5.
    CHECK(counts.f1() == Approx(0.5));
}
