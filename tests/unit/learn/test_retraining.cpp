#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/learn/retraining.hpp"
#include "striped_store.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE(
    "retrain: a base model is judged against nothing; a model as good as the serving one is "
    "promoted") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 6);
    CHECK_FALSE(store.model("a", "base").promotion.has_value());
    auto request = request_for("a", 3);
    request.parent = request.serving = "base";
    const auto card = retrain(store, request);
    REQUIRE(card.promotion.has_value());
    CHECK(card.promotion->promoted);
    CHECK(card.promotion->against == "base");
    CHECK(card.promotion->held_out == card.held_out);
    CHECK(card.promotion->held_out == 12);
    CHECK(card.promotion->exemplars == 24);  // of windows 0 and 1
    CHECK(card.exemplars == 96);
    CHECK(store.model("a", card.id).promotion == card.promotion);
    CHECK(store.serving("a") == "base");  // that is for the caller to change
}

TEST_CASE(
    "retrain: a worse model is stored, but not promoted; judged again from the store the answer is "
    "the same") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 6);
    auto request = request_for("a", 3, 1);
    request.serving = "base";
    request.config.learning_rate = 1e-6;  // from random weights: it learns nothing
    const auto card = retrain(store, request);
    REQUIRE(card.promotion.has_value());
    CHECK_FALSE(card.promotion->promoted);
    CHECK(card.promotion->lost > card.promotion->won);
    CHECK(contains(card.promotion->reason, "worse on fresh labels"));
    CHECK(judge_stored(store, request, store.model("a", card.id)) == *card.promotion);
    request.promotion.worse_probability = 1e-9;  // nothing is that certain
    request.promotion.most_forgetting = 1;
    CHECK(judge_stored(store, request, card).promoted);
}

TEST_CASE("retrain: a loss that is not finite stores nothing, and what serves stays") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 1);
    auto request = request_for("a", 3);
    request.parent = request.serving = "base";
    request.config.learning_rate = 90;
    CHECK_THROWS_AS((void)retrain(store, request), InputError);
    CHECK(store.model_cards("a").size() == 1);
    CHECK(store.serving("a") == "base");
}

TEST_CASE(
    "retrain: herding sees crops through the serving model and gives a model as random choice "
    "does") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 2);
    auto request = request_for("a", 3, 1);
    request.parent = request.serving = "base";
    request.exemplars = 9;
    request.memory.choice = ExemplarChoice::herding;
    const auto herded = retrain(store, request);
    CHECK(herded.exemplars == 9);
    request.memory.choice = ExemplarChoice::random;
    request.config.epochs = 2;  // another id
    CHECK(retrain(store, request).exemplars == 9);
    request.config.epochs = 1;
    request.memory.choice = ExemplarChoice::herding;
    CHECK(retrain(store, request).sha256 == herded.sha256);  // the same again
}

TEST_CASE(
    "retrain: one sample of a class is trained on, an empty class is no error, a window without "
    "labels lives on memory") {
    const Scratch scratch;
    const Store store(scratch.path());
    std::vector<int> labels(30, 0);
    labels[5] = 1;  // and no "columns" at all
    store_window(store, "a", 0, labels);
    store_window(store, "a", 1, std::vector<int>(10, 0));
    const auto base = retrain(store, request_for("a", -1, 2));
    CHECK(base.labels == 32);
    CHECK(base.held_out == 8);

    store_window(store, "a", 2, {0, 1, 2}, {-1, -1, -1});
    auto request = request_for("a", 3, 1);
    request.parent = request.serving = "base";
    const auto card = retrain(store, request);
    CHECK(card.labels == 0);
    CHECK(card.exemplars == 32);
    CHECK(card.held_out == 0);
    CHECK(card.promotion->held_out == 0);  // earlier windows decide
    CHECK(card.promotion->exemplars == 8);

    request.exemplars = 0;
    request.config.epochs = 2;
    CHECK(contains(message_of<InputError>([&] { (void)retrain(store, request); }),
                   "no labelled sample of a known class to train on"));
}
