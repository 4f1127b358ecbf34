#include "ekya/wire/json.hpp"

#include <map>
#include <mutex>

#include "ekya/core/errors.hpp"
#include "embedded_schemas.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

namespace ekya {
namespace {

const valijson::Schema& compiled_schema(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, valijson::Schema> compiled;
    const std::lock_guard lock(mutex);
    const auto found = compiled.find(name);
    if (found != compiled.end()) return found->second;
    const Json document = Json::parse(embedded_schemas().at(name));
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    valijson::Schema& schema = compiled[name];
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema);
    return schema;
}

/// valijson names places as "<root>", "[streams]", "[0]"; people and tools expect a JSON pointer.
std::string pointer(const std::vector<std::string>& context) {
    std::string text;
    for (std::size_t i = 1; i < context.size(); ++i) {
        std::string part = context[i];
        if (part.size() >= 2 && part.front() == '[') part = part.substr(1, part.size() - 2);
        if (part.size() >= 2 && part.front() == '"') part = part.substr(1, part.size() - 2);
        text += "/" + part;
    }
    return text.empty() ? "/" : text;
}

/// The deepest error says most: outer ones only repeat that an inner one failed.
std::string first_violation(valijson::ValidationResults& results) {
    std::string where, what;
    std::size_t depth = 0;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        if (!what.empty() && error.context.size() <= depth) continue;
        depth = error.context.size();
        where = pointer(error.context);
        what = error.description;
    }
    return where + ": " + what;
}

// Records come over sockets too, and both comparing deep values and matching patterns on long
// strings recurse: without limits a single message could overflow the stack. Our own records stay
// far below.
constexpr int most_levels = 100;
constexpr std::size_t longest_string = 4096;  // as long as a path can be

/// Of what may be no JSON yet.
bool nests_too_deep(std::string_view text) {
    int levels = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++levels > most_levels)
            return true;
        else if (!in_string && (c == ']' || c == '}'))
            --levels;
    }
    return false;
}

void require_short_strings(const Json& value, const std::string& where) {
    if (value.is_string() && value.get_ref<const std::string&>().size() > longest_string)
        throw InputError(where + ": a string of " +
                         std::to_string(value.get_ref<const std::string&>().size()) +
                         " bytes, at most " + std::to_string(longest_string) + " are read");
    if (value.is_object())
        for (const auto& [key, part] : value.items())
            require_short_strings(part, where + "/" + key);
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
        require_short_strings(value[i], where + "/" + std::to_string(i));
}

}  // namespace

Json parse_json(std::string_view text, const std::string& place) {
    if (nests_too_deep(text))
        throw InputError(place + ": nested deeper than " + std::to_string(most_levels) + " levels");
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {  // numbers out of range too
        std::string reason = e.what();
        const auto bracket =
            reason.find("] ");  // drop nlohmann's "[json.exception.parse_error.101] "
        throw InputError(place + ": not valid JSON: " +
                         (bracket == std::string::npos ? reason : reason.substr(bracket + 2)));
    }
}

void check_record(const Json& record, const std::string& expected, const std::string& place) {
    if (!record.is_object())
        throw InputError(place + ": a JSON object with \"schema\": \"" + expected +
                         "\" is expected");
    const auto schema = record.find("schema");
    if (schema == record.end() || !schema->is_string())
        throw InputError(place + ": /schema: missing, \"" + expected + "\" is expected");
    if (*schema != expected)
        throw InputError(place + ": /schema: \"" + schema->get<std::string>() + "\" found, \"" +
                         expected + "\" is expected");
    require_short_strings(record, place + ": ");
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (!validator.validate(compiled_schema(expected),
                            valijson::adapters::NlohmannJsonAdapter(record), &results))
        throw InputError(place + ": " + first_violation(results));
}

std::vector<std::string> schema_names() {
    std::vector<std::string> names;
    for (const auto& [name, text] : embedded_schemas()) names.push_back(name);
    return names;
}

namespace {

void require_finite(const Json& value, const std::string& where) {
    if (value.is_number_float() && !std::isfinite(value.get<double>()))
        throw DomainError(where + ": is not a finite number");
    if (value.is_object())
        for (const auto& [key, part] : value.items()) require_finite(part, where + "/" + key);
    if (value.is_array())
        for (const auto& part : value) require_finite(part, where + "/-");
}

}  // namespace

std::string to_line(const Json& record) {
    require_finite(record, "");
    return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

JsonLines::JsonLines(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

std::optional<Json> JsonLines::next() {
    std::string line;
    while (std::getline(in_, line)) {
        ++line_;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        return parse_json(line, place());
    }
    if (in_.bad()) throw InputError(place() + ": cannot read");
    return std::nullopt;
}

std::string JsonLines::place() const { return name_ + ":" + std::to_string(line_); }

}  // namespace ekya
