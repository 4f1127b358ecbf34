#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ekya/core/errors.hpp"
#include "ekya/nn/samples.hpp"
#include "synthetic.hpp"

using namespace ekya;

namespace {

std::vector<int> labels_of(int first, int second, int third) {
    std::vector<int> labels(static_cast<std::size_t>(first), 0);
    labels.insert(labels.end(), static_cast<std::size_t>(second), 1);
    labels.insert(labels.end(), static_cast<std::size_t>(third), 2);
    return labels;
}

}  // namespace

TEST_CASE("stratified_part: smaller fractions lie within larger ones") {
    const auto labels = labels_of(50, 30, 7);
    std::vector<std::size_t> smaller;
    for (const double fraction : {0.05, 0.1, 0.3, 0.5, 0.9, 1.0}) {
        const auto larger = stratified_part(labels, fraction, 11);
        CHECK(std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end()));
        CHECK(std::is_sorted(larger.begin(), larger.end()));
        smaller = larger;
    }
    CHECK(smaller.size() == labels.size());
}

TEST_CASE("stratified_part: keeps the class mix and at least one of each class") {
    const auto labels = labels_of(100, 40, 1);
    const auto part = stratified_part(labels, 0.1, 3);
    std::vector<int> counts(3, 0);
    for (const auto index : part) ++counts[static_cast<std::size_t>(labels[index])];
    CHECK(counts == std::vector{10, 4, 1});
}

TEST_CASE("stratified_part: another seed, another part; the same seed, the same") {
    const auto labels = labels_of(100, 0, 0);
    CHECK(stratified_part(labels, 0.3, 1) == stratified_part(labels, 0.3, 1));
    CHECK(stratified_part(labels, 0.3, 1) != stratified_part(labels, 0.3, 2));
}

TEST_CASE("stratified_part: nothing of nothing; a fraction out of range is an error") {
    CHECK(stratified_part({}, 0.5, 1).empty());
    for (const double fraction : {0.0, -0.1, 1.01, std::nan("")})
        CHECK_THROWS_AS(static_cast<void>(stratified_part({0, 1}, fraction, 1)), DomainError);
}

TEST_CASE("validate samples: labels in number and range") {
    auto samples = test::striped_crops(3, 1);
    CHECK_NOTHROW(validate(samples, 3));
    CHECK(test::message_of<DomainError>([&] { validate(samples, 2); }) ==
          "labels[2]: 2 is not in [0, 1]");
    samples.labels.pop_back();
    CHECK(test::message_of<DomainError>([&] { validate(samples, 3); }) == "labels: 2 for 3 crops");
}
