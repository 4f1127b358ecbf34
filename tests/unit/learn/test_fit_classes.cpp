#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/learn/fit_classes.hpp"
#include "ekya/learn/profiling.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/weights.hpp"
#include "striped_store.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

/// Of the crops that show one of two classes.
double accuracy_of(const Store& store, const ModelCard& card, int zero_is, int one_is) {
    Classifier classifier(card.architecture, store.weights_file(card.stream, card.id));
    std::vector<int> shown, labels;
    for (int i = 0; i < 40; ++i) {
        labels.push_back(i % 2);
        shown.push_back(i % 2 == 0 ? zero_is : one_is);
    }
    return classifier.accuracy({striped_crops(shown, 77), labels});
}

}  // namespace

TEST_CASE(
    "fit_classes: a removed class is answered no longer, the others as before; the old model "
    "stays") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 8);
    const auto card = fit_classes(store, "a", {"red", "columns"});
    REQUIRE(card);
    CHECK(card->id == "base-c2");
    CHECK(card->parent == "base");
    CHECK(card->classes == std::vector<std::string>{"red", "columns"});
    CHECK_FALSE(card->accuracy);
    CHECK(store.serving("a") == "base-c2");
    CHECK(store.served_before("a") == "base");
    CHECK_NOTHROW(check_weights(store.weights_file("a", card->id), card->architecture));
    CHECK(accuracy_of(store, *card, 0, 2) >= 0.9);  // without any training
    CHECK(store.has_model("a", "base"));

    CHECK_FALSE(fit_classes(store, "a", {"red", "columns"}));           // nothing left to do
    CHECK_FALSE(fit_classes(store, "a", {"red", "columns", "spots"}));  // the next training's
    const auto turned = fit_classes(store, "a", {"columns", "red", "spots"});
    REQUIRE(turned);
    CHECK(turned->id == "base-c2-c2");
    CHECK(turned->classes == std::vector<std::string>{"columns", "red"});
    CHECK(accuracy_of(store, *turned, 2, 0) >= 0.9);
    CHECK_FALSE(fit_classes(store, "b", {"red", "columns"}));  // has no model
    CHECK(message_of<InputError>([&] {
              fit_classes(store, "a", {"spots", "red"});
          }).starts_with("stream a: class spots is new"));
    CHECK(store.serving("a") == "base-c2-c2");
}

TEST_CASE(
    "fit_classes: the next retraining and profile go on from it, labels of the removed class left "
    "out") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_trained(store, 8);
    auto request = request_for("a", 3, 2);
    request.classes = {"red", "columns"};
    request.parent = request.serving = "base";
    CHECK(
        contains(message_of<InputError>([&] { (void)retrain(store, request); }), "--fit-classes"));

    REQUIRE(fit_classes(store, "a", request.classes));
    request.parent = request.serving = "base-c2";
    const auto card = retrain(store, request);
    CHECK(card.classes == request.classes);
    CHECK(card.architecture.classes == 2);
    CHECK(card.labels + card.held_out == 40);  // of the 60 labels of window 2
    CHECK(card.exemplars > 0);
    REQUIRE(card.promotion);
    CHECK(card.promotion->against == "base-c2");
    CHECK(card.promotion->held_out == card.held_out);
    CHECK(card.promotion->promoted);

    ProfilingRequest profiling;
    profiling.stream = "a";
    profiling.classes = request.classes;
    profiling.window = 3;
    profiling.model = "base-c2";
    profiling.configs = {request.config};
    const auto profile = profile_stream(store, profiling);
    CHECK(profile.record.accuracy >= 0.7);
    CHECK(profile.record.labels == 40);
    CHECK(profile.record.retraining.size() == 1);
}
