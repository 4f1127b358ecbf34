#include "ekya/core/errors.hpp"
#include "ekya/wire/json.hpp"
#include "published.hpp"
#include "support/scratch.hpp"

namespace ekya {
namespace {

using test::contains;
using test::message_of;
using test::Scratch;

Json row(const char* name, double accuracy, double seconds) {
    return {name, 0.6, accuracy, seconds, "resnet18"};
}

Json camera() {
    const Json window = {row("0_5", 0.7, 4), row("3_15", 0.8, 40)};
    Json json;
    json["taskwise_train_profiles"] = {{"10", window}, {"2", window}};
    json["taskwise_predicted_profiles"] = {{"10", window},
                                           {"2", {row("0_5", 0.65, 4), row("3_15", 0.9, 40)}}};
    const Json infer = {{"0", {0.6, "resnet18"}}, {"3", {0.55, "resnet18"}}};
    json["taskwise_infer_profiles"] = {{"10", infer}, {"2", infer}};
    return json;
}

constexpr const char* table = "subsampling,c2,c1\n1,1,1\n2,0.7,0.8\n20,0.1,0.04\n";

/// Two cameras without a manifest, the second as given.
void write_set(const Scratch& scratch, const Json& second = camera()) {
    test::write(scratch / "a.json", camera().dump());
    test::write(scratch / "b.json", second.dump());
    test::write(scratch / "real_inference_profiles.csv", table);
}

std::string failure(const Json& second) {
    const Scratch scratch;
    write_set(scratch, second);
    const std::string file = (scratch / "b.json").string() + ": ";
    const std::string message =
        message_of<InputError>([&] { (void)read_reference_profiles(scratch.path(), 0, false); });
    REQUIRE_MESSAGE(message.rfind(file, 0) == 0, message);
    return message.substr(file.size());
}

/// What is said of camera b with the value at this pointer replaced.
std::string failure(const std::string& pointer, const Json& value) {
    Json json = camera();
    json[Json::json_pointer(pointer)] = value;
    return failure(json);
}

TEST_CASE(
    "read_reference_profiles: windows by number, start accuracy the lowest, prediction and truth") {
    const Scratch scratch;
    write_set(scratch);
    const auto set = read_reference_profiles(scratch.path(), 0, false);
    CHECK(set.cameras == std::vector<std::string>{"a", "b"});
    REQUIRE(set.windows.size() == 2);
    CHECK(set.windows[0].name == "2");
    CHECK(set.windows[1].name == "10");
    REQUIRE(set.windows[0].truth.size() == 2);
    const auto &truth = set.windows[0].truth[1], &predicted = set.windows[0].predicted[1];
    CHECK(truth.stream == "b");
    CHECK(truth.window == 0);
    CHECK(truth.accuracy == 0.55);
    CHECK(predicted.accuracy == 0.55);
    REQUIRE(truth.retraining.size() == 2);
    CHECK(truth.retraining[1].name == "3_15");
    CHECK(truth.retraining[1].config.epochs == 15);
    CHECK(truth.retraining[1].accuracy == 0.8);
    CHECK(truth.retraining[1].device_seconds == 40);
    CHECK(predicted.retraining[1].accuracy == 0.9);
    CHECK(truth.inference.size() == 3);
    CHECK_NOTHROW(validate(truth));
}

TEST_CASE("read_reference_profiles: order and number of cameras; oracle") {
    const Scratch scratch;
    Json without = camera();
    without.erase("taskwise_predicted_profiles");
    write_set(scratch, without);
    test::write(scratch / "manifest.json", R"({"cameras": [{"name": "b"}, "a"]})");
    const auto set = read_reference_profiles(scratch.path(), 0, true);
    CHECK(set.cameras == std::vector<std::string>{"b", "a"});
    CHECK(set.windows[0].predicted[0].retraining[1].accuracy == 0.8);
    CHECK(read_reference_profiles(scratch.path(), 1, true).cameras ==
          std::vector<std::string>{"b"});
    CHECK_THROWS_AS((void)read_reference_profiles(scratch.path(), 3, true), InputError);
    CHECK_THROWS_AS((void)read_reference_profiles(scratch.path(), -1, true), DomainError);
    CHECK_THROWS_AS((void)read_reference_profiles(scratch / "nowhere", 0, true), InputError);
    test::write(scratch / "manifest.json", R"({"cameras": ["b", "b"]})");
    CHECK(contains(
        message_of<InputError>([&] { (void)read_reference_profiles(scratch.path(), 0, true); }),
        "manifest.json: /cameras/1: \"b\" is listed twice"));
    test::write(scratch / "manifest.json", R"({"cameras": ["../b"]})");
    CHECK_THROWS_AS((void)read_reference_profiles(scratch.path(), 0, true), InputError);
}

TEST_CASE("read_reference_profiles: errors say where") {
    const std::string first = "/taskwise_train_profiles/2/0";
    Json json = camera();
    json.erase("taskwise_infer_profiles");
    CHECK(failure(json) == "/taskwise_infer_profiles: is missing");
    json = camera();
    json["taskwise_train_profiles"].erase("2");
    CHECK(failure(json) == "/taskwise_train_profiles/2: is missing");
    json = camera();
    json["taskwise_train_profiles"]["3"] = Json::array();
    CHECK(failure(json) == "/taskwise_train_profiles/3: is missing in a.json");
    json["taskwise_train_profiles"]["x"] = Json::array();
    CHECK(failure(json) == "/taskwise_train_profiles/x: a window is named by a whole number");
    CHECK(failure(Json::array()) == "/: is not an object");
    CHECK(failure("/taskwise_infer_profiles/2/0/0", nullptr) ==
          "/taskwise_infer_profiles/2/0/0: is not a number");
    CHECK(failure("/taskwise_infer_profiles/2", Json::object()) ==
          "/taskwise_infer_profiles/2: an object with at least one hyperparameter id is expected");
    CHECK(failure(first + "/2", 1.5) == first + "/2: 1.5 is not in [0, 1]");
    CHECK(failure(first + "/2", -0.1) == first + "/2: -0.1 is not in [0, 1]");
    CHECK(failure(first + "/2", "0.7") == first + "/2: is not a number");
    CHECK(failure(first + "/3", 0) == first + "/3: 0 is not above 0");
    CHECK(failure(first + "/3", -4) == first + "/3: -4 is not above 0");
    CHECK(failure(first + "/0", "3_15").find("is listed twice") != std::string::npos);
    for (const char* name : {"5", "0_", "_5", "0_5_5", "0_-5", "0_0", "0_5x"})
        CHECK(failure(first + "/0", name) ==
              first + "/0: \"" + name + "\" is not <hyperparameter id>_<epochs>");
    CHECK(failure(first, Json::array({"0_5"})) == first + ": has 1 elements, 5 are expected");
    CHECK(failure(first, 7) == first + ": is not an array");
    CHECK(failure("/taskwise_predicted_profiles/2/0/0", "1_5") ==
          "/taskwise_predicted_profiles/2/0/0: \"1_5\" is not in taskwise_train_profiles");
    const Scratch scratch;
    write_set(scratch);
    test::write(scratch / "b.json",
                "{\"taskwise_train_profiles\": {\"2\": [[\"0_5\", NaN, 0.7, 4, \"resnet18\"]]}}");
    CHECK(contains(
        message_of<InputError>([&] { (void)read_reference_profiles(scratch.path(), 0, false); }),
        "not valid JSON"));
}

TEST_CASE("read_inference_profile: column c1 over the stride; as configurations") {
    const Scratch scratch;
    const auto file = scratch / "real_inference_profiles.csv";
    test::write(file, table);
    const auto curve = read_inference_profile(file);
    CHECK(curve.relative_accuracy(0.25) == 1);
    CHECK(curve.relative_accuracy(0.125 - 1e-6) == doctest::Approx(0.8));
    CHECK(curve.relative_accuracy(0.01) == 0);
    const auto estimates = read_inference_estimates(file);
    REQUIRE(estimates.size() == 3);
    CHECK(estimates[1].config.frame_stride == 2);
    CHECK(estimates[1].relative_accuracy == 0.8);
    CHECK(estimates[1].share == 0.125);
}

TEST_CASE("read_inference_profile: errors say where") {
    const Scratch scratch;
    const auto file = scratch / "t.csv";
    const auto said = [&](const std::string& text) {
        test::write(file, text);
        const std::string message =
            message_of<InputError>([&] { (void)read_inference_estimates(file); });
        return message.substr(std::min(message.size(), file.string().size() + 1));
    };
    CHECK(said("subsampling,c2\n1,1\n") == "1: column c1 is missing");
    CHECK(said("c1\n1\n") == "1: column subsampling is missing");
    CHECK(said("") == "1: no rows");
    CHECK(said("subsampling,c1\n") == "1: no rows");
    CHECK(said("subsampling,c1\r\n1,1\r\n2,x\r\n") == "3: \"x\" is not a number");
    CHECK(said("subsampling,c1\n1,nan\n") == "2: \"nan\" is not a number");
    CHECK(said("subsampling,c1\n1\n") == "2: 1 cells, the header has 2");
    CHECK(said("subsampling,c1\n1,1.1\n") == "2: c1 is not in [0, 1]");
    CHECK(said("subsampling,c1\n0,1\n") == "2: subsampling is not in (0, 1e6]");
    CHECK(said("subsampling,c1\n2,1\n2,0.5\n") == "3: subsampling does not rise");
    CHECK(said("subsampling,c1\n1,0.5\n2,0.6\n") == "3: c1 rises with subsampling");
    CHECK(said("subsampling,c1\n1,1\n2.5,0.6\n") == "3: subsampling is not whole");
}

}  // namespace
}  // namespace ekya
