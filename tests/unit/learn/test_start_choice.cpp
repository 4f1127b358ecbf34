#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/learn/retraining.hpp"
#include "striped_store.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

/// Stream "a" serves a model that knows nothing, stream "b" has one that has learned.
void store_two_streams(const Store& store) {
    for (int window = 0; window < 3; ++window) store_window(store, "a", window, in_turn(45));
    for (int window = 0; window < 2; ++window) store_window(store, "b", window, in_turn(60));
    auto ignorant = request_for("a", -1, 1);
    ignorant.config.learning_rate = 1e-6;
    (void)retrain(store, ignorant);
    store.set_serving("a", "base");
    (void)retrain(store, request_for("b", -1, 8));
}

RetrainingRequest retraining() {
    auto request = request_for("a", 3, 1);
    request.serving = "base";
    return request;
}

}  // namespace

TEST_CASE(
    "choose_start: another stream's model that answers the newest labels better is started from, "
    "if that is allowed") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_two_streams(store);
    const auto choice = choose_start(store, retraining(), WarmStart::all);
    CHECK(choice.stream == "b");
    CHECK(choice.model == "base");
    REQUIRE(choice.candidates.size() == 1);
    CHECK(choice.candidates[0].comparison.count == 45);
    CHECK(choice.candidates[0].comparison.won > choice.candidates[0].comparison.lost);
    for (const auto warm_start : {WarmStart::off, WarmStart::own})
        CHECK(choose_start(store, retraining(), warm_start).stream == "a");
    write(store.labels_file("b", 1),
          "{");  // what is wrong with the other stream's labels is no concern of this one
    CHECK(choose_start(store, retraining(), WarmStart::all).stream == "b");

    // The retraining from there is better, and compared with what serves, not with where it began.
    auto request = retraining();
    request.parent = choice.model;
    request.parent_stream = choice.stream;
    const auto card = retrain(store, request);
    CHECK(card.parent_stream == "b");
    CHECK(card.promotion->against == "base");
    CHECK(card.promotion->promoted);
    CHECK(*card.parent_accuracy > 0.7);
}

TEST_CASE(
    "choose_start: ties favour the serving model; refused, foreign and damaged ones are no "
    "candidates") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_two_streams(store);
    // A copy of the serving model in a third stream answers the same.
    auto card = store.model("a", "base");
    card.stream = "c";
    const auto copy = [&](const std::filesystem::path& path) {
        std::filesystem::copy_file(store.weights_file("a", "base"), path);
    };
    (void)store.write_model(card, copy);
    // The good one of "b" under other classes, of another width, refused, from the future, and with
    // broken weights.
    const auto good = store.model("b", "base");
    std::filesystem::copy_file(store.weights_file("b", "base"), scratch / "good.pt");
    const auto store_as = [&](const std::string& id, auto&& change, bool broken = false) {
        auto changed = good;
        changed.stream = "a";
        changed.id = id;
        changed.window = 1;
        changed.data_windows = {0};
        change(changed);
        (void)store.write_model(changed, [&](const std::filesystem::path& path) {
            if (broken)
                write(path, "no weights");
            else
                std::filesystem::copy_file(scratch / "good.pt", path);
        });
    };
    store_as("classes", [](ModelCard& c) { c.classes = {"red", "columns", "rows"}; });
    store_as("width", [](ModelCard& c) { c.architecture.width = 0.25; });
    store_as("refused", [](ModelCard& c) { c.promotion = Promotion{}; });
    store_as("future", [](ModelCard& c) { c.window = 3; });
    store_as("learned", [](ModelCard& c) { c.data_windows = {2}; });
    store_as(
        "broken", [](ModelCard&) {}, true);
    std::filesystem::remove_all(store.model_directory("b", "base"));
    const auto choice = choose_start(store, retraining(), WarmStart::all);
    CHECK(choice.stream == "a");
    CHECK(choice.model == "base");
    REQUIRE(choice.candidates.size() == 1);
    CHECK(choice.candidates[0].stream == "c");
    CHECK(choice.candidates[0].comparison.won == 0);

    store_as("w00001-good", [](ModelCard&) {});  // an earlier one of its own
    for (const auto warm_start : {WarmStart::own, WarmStart::all})
        CHECK(choose_start(store, retraining(), warm_start).model == "w00001-good");
    CHECK(choose_start(store, retraining(), WarmStart::off).model == "base");
}

TEST_CASE(
    "choose_start: without labels to look at, or with a serving model that has learned from them, "
    "it serves as start") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_two_streams(store);
    store_window(store, "a", 3, in_turn(3), {-1, -1, -1});
    auto request = request_for("a", 4, 1);
    request.serving = "base";
    CHECK(choose_start(store, request, WarmStart::all).stream == "a");
    auto first = request_for(
        "a", 2, 1);  // its newest labels are window 1, which the base model was trained on
    first.serving = "base";
    CHECK(choose_start(store, first, WarmStart::all).candidates.empty());
    request.serving = "";
    CHECK(choose_start(store, request, WarmStart::all).model.empty());
}

TEST_CASE("warm_start_from: every name, and no other") {
    CHECK(warm_start_from("off") == WarmStart::off);
    CHECK(warm_start_from("own") == WarmStart::own);
    CHECK(warm_start_from("all") == WarmStart::all);
    CHECK_THROWS_AS((void)warm_start_from("zoo"), DomainError);
}
