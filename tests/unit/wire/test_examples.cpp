// The examples inside the schemas are the contract's own test data.
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "ekya/core/errors.hpp"
#include "schemas/record_types.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

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

/// A schema of every level: of the record and of all objects inside.
void visit_objects(const Json& schema, const std::function<void(const Json&)>& visit) {
    if (schema.contains("properties")) {
        visit(schema);
        for (const auto& [name, property] : schema.at("properties").items())
            visit_objects(property, visit);
    }
    if (schema.contains("items") && schema.at("items").is_object())
        visit_objects(schema.at("items"), visit);
}

}  // namespace

TEST_CASE("schemas: every record has one in the source tree, with examples of its own name") {
    const auto all = schemas();
    for (const auto& type : wire_record_types()) {
        CAPTURE(type.id);
        REQUIRE(all.contains(type.id));
        REQUIRE_FALSE(all.at(type.id).at("examples").empty());
        for (const auto& example : all.at(type.id).at("examples"))
            CHECK(example.at("schema") == type.id);
    }
}

TEST_CASE("schemas: every field at every level says what it means") {
    for (const auto& [title, schema] : schemas())
        visit_objects(schema, [&, record = title](const Json& object) {
            for (const auto& property : object.at("properties").items()) {
                CAPTURE(record);
                CAPTURE(property.key());
                CHECK((property.key() == "schema" || property.value().contains("description")));
            }
        });
}

TEST_CASE("schemas: every example comes back the same") {
    const auto all = schemas();
    for (const auto& type : wire_record_types())
        for (const auto& example : all.at(type.id).at("examples")) {
            CAPTURE(type.id);
            CHECK(message_of<Error>([&] { CHECK(type.again(example) == example); }) == "");
        }
}

TEST_CASE(
    "schemas: every required field is missed by name, every field of a wrong type by its pointer") {
    const auto all = schemas();
    for (const auto& type : wire_record_types()) {
        const Json& schema = all.at(type.id);
        const Json good = schema.at("examples").front();
        const auto complaint = [&](const Json& json) {
            return message_of<InputError>([&] { (void)type.again(json); });
        };
        for (const auto& item : good.items()) {
            const std::string& field = item.key();
            const Json& value = item.value();
            if (field == "schema") continue;
            CAPTURE(type.id);
            CAPTURE(field);
            const auto& required = schema.at("required");
            if (std::find(required.begin(), required.end(), field) != required.end()) {
                Json without = good;
                without.erase(field);
                CHECK(contains(complaint(without), "example: /" + field + ": missing, "));
            }
            Json wrong = good;
            wrong[field] = value.is_object() ? Json(1) : Json{{"no", "such"}};
            CHECK(contains(complaint(wrong), "example: /" + field + ": "));
        }
    }
}
