// The examples inside the schemas are the contract's own test data.
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

using Again = std::function<Json(const Json&)>;

template <typename Record> std::pair<std::string, Again> type() {
    return {Schema<Record>::id,
            [](const Json& json) { return encode(decode<Record>(json, "example")); }};
}

const std::map<std::string, Again>& record_types() {
    static const std::map<std::string, Again> types{
        type<WindowManifest>(), type<LabelSet>(),     type<StreamEstimate>(),
        type<Plan>(),           type<ModelCard>(),    type<FrameHeader>(),
        type<WindowEnd>(),      type<FrameAnswer>(),  type<WindowAccuracy>(),
        type<ControlRequest>(), type<ControlReply>(), type<RetrainingEvent>(),
        type<ReplanRequest>(),  type<ReplanReply>(),  type<JobOrder>(),
        type<JobUse>(),         type<JobRecord>(),    type<KeyPair>(),
        type<InferenceEvent>()};
    return types;
}

/// All schemas of the source tree by their title.
std::map<std::string, Json> schemas() {
    std::map<std::string, Json> found;
    for (const auto& entry : fs::directory_iterator(fs::path(EKYA_SOURCE_DIR) / "schemas"))
        if (contains(entry.path().string(), ".schema.json")) {
            const Json json = parse_json(content_of(entry.path()), entry.path().string());
            found[json.at("title")] = json;
        }
    return found;
}

}  // namespace

TEST_CASE(
    "schemas: those built in are those of the source tree, each with an example of its own name") {
    const auto all = schemas();
    std::vector<std::string> titles;
    for (const auto& [title, schema] : all) titles.push_back(title);
    CHECK(schema_names() == titles);
    for (const auto& [name, schema] : all) {
        const auto& title = name;  // clang 14 captures no structured bindings
        CAPTURE(title);
        REQUIRE_FALSE(schema.at("examples").empty());
        for (const auto& example : schema.at("examples")) CHECK(example.at("schema") == title);
    }
    for (const auto& [id, again] : record_types()) CHECK(all.contains(id));
}

TEST_CASE(
    "schemas: every example is accepted; where there is a C++ record it comes back the same") {
    for (const auto& [name, schema] : schemas())
        for (const auto& example : schema.at("examples")) {
            const auto& title = name;
            CAPTURE(title);
            CHECK(message_of<Error>([&] { check_record(example, title, "example"); }) == "");
            if (const auto found = record_types().find(title); found != record_types().end())
                CHECK(found->second(example) == example);
        }
}

TEST_CASE(
    "schemas: every required field is missed by name, every field of a wrong type by its pointer") {
    for (const auto& [name, schema] : schemas()) {
        const auto& title = name;
        const Json good = schema.at("examples").front();
        for (const auto& [key, value] : good.items()) {
            const auto& field = key;
            if (field == "schema") continue;
            CAPTURE(title);
            CAPTURE(field);
            const auto& required = schema.at("required");
            if (std::find(required.begin(), required.end(), field) != required.end()) {
                Json without = good;
                without.erase(field);
                CHECK(contains(
                    message_of<InputError>([&] { check_record(without, title, "here"); }), field));
            }
            Json wrong = good;
            wrong[field] = value.is_object() ? Json(1) : Json{{"no", "such"}};
            CHECK(contains(message_of<InputError>([&] { check_record(wrong, title, "here"); }),
                           "here: /" + field + ": "));
        }
    }
}
