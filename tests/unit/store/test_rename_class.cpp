#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/store/rename_class.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;

TEST_CASE(
    "rename_class: labels and cards have the new name, weights and order stay, twice is once") {
    test::Scratch scratch;
    const Store store(scratch.path());
    test::store_window(store, "a", 0, {"car", "pedestrian"});
    test::store_window(store, "a", 1, {"car"});
    store.write_model(test::card_of("a", "base"),
                      [](const auto& file) { std::ofstream(file) << "weights"; });
    CHECK(rename_class(store, "a", "pedestrian", "person") == 2);
    CHECK(store.labels("a", 0).labels[1].class_name == "person");
    CHECK(store.labels("a", 1).labels[0].class_name == "car");
    CHECK(store.model("a", "base").classes == std::vector<std::string>{"car", "person"});
    CHECK(rename_class(store, "a", "pedestrian", "person") == 0);
    CHECK_THROWS_WITH_AS(rename_class(store, "a", "car", "person"),
                         "stream a: model base knows both car and person", ConfigError);
}
