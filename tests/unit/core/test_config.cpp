#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "ekya/core/config.hpp"
#include "ekya/core/errors.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("default_retraining_configs: 18, all valid, every name unique and fit for a file name") {
    const auto configs = default_retraining_configs();
    CHECK(configs.size() == 18);
    std::set<std::string> names;
    for (const auto& config : configs) {
        CHECK_NOTHROW(validate(config));
        CHECK(config.name().find_first_of("/ \\:") == std::string::npos);
        names.insert(config.name());
    }
    CHECK(names.size() == 18);
}

TEST_CASE("RetrainingConfig::name: says every field") {
    RetrainingConfig config;
    config.data_fraction = 0.5;
    CHECK(config.name() == "e15-f0.5-all-b32-h0-lr0.02");
    config = {30, 0.1, TrainedLayers::last_stage, 16, 64, 0.001};
    CHECK(config.name() == "e30-f0.1-last_stage-b16-h64-lr0.001");
}

TEST_CASE("RetrainingConfig::name: nearby configurations have different names") {
    RetrainingConfig one, other;
    one.learning_rate = 0.0200001;
    other.learning_rate = 0.02000012;
    CHECK(one.name() != other.name());
    one = other = {};
    one.data_fraction = 1.0 / 3;
    other.data_fraction = 0.333333;
    CHECK(one.name() != other.name());
}

TEST_CASE("TrainedLayers: names and back; anything else is refused with the choices") {
    for (const auto layers : {TrainedLayers::head, TrainedLayers::last_stage, TrainedLayers::all})
        CHECK(trained_layers_from(to_string(layers)) == layers);
    CHECK_THROWS_WITH_AS((void)trained_layers_from("some"),
                         "layers: \"some\" is not one of head, last_stage, all", DomainError);
    CHECK_THROWS_AS((void)trained_layers_from(""), DomainError);
}

namespace {

template <typename Change> std::string complaint(Change&& change) {
    RetrainingConfig config;
    change(config);
    return message_of<DomainError>([&] { validate(config); });
}

}  // namespace

TEST_CASE("validate(RetrainingConfig): the field outside its range is named") {
    CHECK(contains(complaint([](auto& c) { c.epochs = 0; }), "epochs: 0 is not in [1,"));
    CHECK(contains(complaint([](auto& c) { c.data_fraction = 0; }), "data_fraction: 0"));
    CHECK(contains(complaint([](auto& c) { c.data_fraction = 1.5; }), "data_fraction: 1.5"));
    CHECK(
        contains(complaint([](auto& c) { c.data_fraction = std::nan(""); }), "data_fraction: nan"));
    CHECK(contains(complaint([](auto& c) { c.batch_size = 1; }), "batch_size: 1"));
    CHECK(contains(complaint([](auto& c) { c.head_width = -1; }), "head_width: -1"));
    CHECK(contains(complaint([](auto& c) { c.learning_rate = 0; }), "learning_rate: 0"));
    CHECK(
        contains(complaint([](auto& c) { c.learning_rate = std::nan(""); }), "learning_rate: nan"));
    CHECK(complaint([](auto& c) { c.batch_size = 2; }).empty());
}
