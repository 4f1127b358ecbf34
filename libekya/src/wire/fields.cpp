#include "ekya/wire/fields.hpp"

#include "ekya/core/text.hpp"

namespace ekya::wire {

SchemaJson described(const std::string& field, const std::string& text, const std::string& unit,
                     const SchemaJson& value) {
    if (text.empty()) throw DomainError("field " + field + " is not described");
    std::string words = unit.empty() ? text : text + ", in " + unit;
    if (value.contains("enum") && value.contains("description"))
        words += ": " + value.at("description").get<std::string>();
    SchemaJson schema{{"description", words}};
    for (const auto& [key, part] : value.items())
        if (key != "description") schema[key] = part;
    return schema;
}

SchemaJson schema_of_list(const std::vector<SchemaJson>& entries) {
    return {{"type", "array"},
            {"items", entries},
            {"minItems", entries.size()},
            {"maxItems", entries.size()}};
}

SchemaJson schema_of_condition(const Condition& condition) {
    return {{"if", {{"properties", {{condition.field, {{"const", condition.value}}}}}}},
            {"then", {{"required", condition.needed}}}};
}

SchemaJson as_record(const std::string& id, const SchemaJson& object) {
    std::string file = id.substr(id.find('.') + 1);
    file.replace(file.find('/'), 1, ".v");
    SchemaJson schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"$id", "https://ekya.invalid/schemas/" + file + ".schema.json"},
                      {"title", id}};
    SchemaJson properties{{"schema", {{"const", id}}}}, required{"schema"};
    properties.update(object.at("properties"));
    for (const auto& field : object.value("required", SchemaJson::array()))
        required.push_back(field);
    schema.update(object);
    schema["properties"] = std::move(properties);
    schema["required"] = std::move(required);
    return schema;
}

SchemaJson schema_of_names(const std::vector<std::pair<std::string, std::string>>& names) {
    SchemaJson schema{{"enum", SchemaJson::array()}};
    std::string texts;
    for (const auto& [name, text] : names) {
        schema["enum"].push_back(name);
        if (!text.empty()) texts += (texts.empty() ? "" : "; ") + name + " = " + text;
    }
    if (!texts.empty()) schema["description"] = texts;
    return schema;
}

std::size_t read_name(const Json& json,
                      const std::vector<std::pair<std::string, std::string>>& names,
                      const Path& at) {
    Limits limits;
    std::size_t place = 0;
    for (const auto& [name, text] : names) {
        if (json == name) return place;
        limits.texts.push_back(name);
        ++place;
    }
    std::string found;
    read_text(json, found, limits, at);
    at.expect("a name", json);
}

constexpr std::size_t longest_id = 60;  // in messages

void require_schema(const Json& json, const std::string& id) {
    if (!json.is_object())
        throw InputError("a JSON object with \"schema\": \"" + id + "\" is expected");
    const auto schema = json.find("schema");
    if (schema == json.end() || !schema->is_string())
        throw InputError("/schema: missing, \"" + id + "\" is expected");
    if (*schema != id)
        throw InputError("/schema: \"" +
                         printable(schema->get_ref<const std::string&>(), longest_id) +
                         "\" found, \"" + id + "\" is expected");
}

}  // namespace ekya::wire
