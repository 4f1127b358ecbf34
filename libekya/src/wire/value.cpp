#include "ekya/wire/value.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "ekya/core/errors.hpp"

namespace ekya::wire {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_file_name(std::string_view text) {
    return !text.empty() && is_letter_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Whole numbers without a decimal point.
SchemaJson bound(double value) {
    constexpr double exact = 9007199254740992;  // 2^53
    if (value == std::floor(value) && std::fabs(value) <= exact)
        return static_cast<std::int64_t>(value);
    return value;
}

/// A value as messages quote it.
std::string quoted(const Json& json) {
    constexpr std::size_t most = 60;
    if (json.is_object()) return "an object";
    if (json.is_array()) return "a list";
    std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > most) text = text.substr(0, most) + "...";
    return text;
}

/// "[0, 1]", or in words where the range has one end.
std::string outside(const Range& range) {
    const std::string low = bound(range.low).dump(), high = bound(range.high).dump();
    if (std::isinf(range.low)) return (range.below_high ? " is not below " : " is above ") + high;
    if (std::isinf(range.high)) return (range.above_low ? " is not above " : " is below ") + low;
    return std::string(" is not in ") + (range.above_low ? "(" : "[") + low + ", " + high +
           (range.below_high ? ")" : "]");
}

bool is_utc_time(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(), [](char found, char wanted) {
               return wanted == '0' ? found >= '0' && found <= '9' : found == wanted;
           });
}

std::string listed(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

}  // namespace

const TextFormat file_name{
    "^[A-Za-z0-9][A-Za-z0-9._-]*$", is_file_name,
    "a name of letters, digits, \".\", \"_\" and \"-\" that begins with a letter or digit"};
const TextFormat sha256_hex{"^[0-9a-f]{64}$", is_sha256, "a SHA-256 in hexadecimal digits"};
const TextFormat utc_time{"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", is_utc_time,
                          "a time in UTC such as \"2026-11-29T21:24:00Z\""};

void Path::append_to(std::string& text) const {
    if (parent_ == nullptr) return;
    parent_->append_to(text);
    text += '/';
    text += key_.data() != nullptr ? std::string(key_) : std::to_string(index_);
}

std::string Path::pointer() const {
    std::string text;
    append_to(text);
    return text.empty() ? "/" : text;
}

void Path::refuse(const std::string& what) const { throw InputError(pointer() + ": " + what); }

void Path::expect(const std::string& expected, const Json& found) const {
    refuse(quoted(found) + " found, " + expected + " is expected");
}

void check_number(double value, const Range& range, const Path& at) {
    const bool low_holds = range.above_low ? value > range.low : value >= range.low;
    const bool high_holds = range.below_high ? value < range.high : value <= range.high;
    if (!low_holds || !high_holds) at.refuse(bound(value).dump() + outside(range));
}

double read_number(const Json& json, const Range& range, const Path& at) {
    if (!json.is_number()) at.expect("a number", json);
    const auto value = json.get<double>();
    if (!std::isfinite(value)) at.refuse("is not a finite number");
    check_number(value, range, at);
    return value;
}

void read_text(const Json& json, std::string& text, const Limits& limits, const Path& at) {
    if (!json.is_string()) at.expect("a text", json);
    const auto& found = json.get_ref<const std::string&>();
    const auto size = std::to_string(found.size());
    if (found.size() > limits.longest)
        at.refuse("a text of " + size + " bytes, at most " + std::to_string(limits.longest) +
                  " are read");
    if (found.size() < limits.shortest)
        at.refuse(found.empty() ? "is empty"
                                : "a text of " + size + " bytes, at least " +
                                      std::to_string(limits.shortest) + " are expected");
    if (!limits.texts.empty() &&
        std::find(limits.texts.begin(), limits.texts.end(), found) == limits.texts.end())
        at.refuse(quoted(json) + " is not one of " + listed(limits.texts));
    if (limits.format != nullptr && !limits.format->follows(found))
        at.refuse(quoted(json) + " is not " + limits.format->words);
    text = found;
}

void check_list(const Json& json, const Limits& limits, const Path& at) {
    if (!json.is_array()) at.expect("a list", json);
    if (json.size() < limits.fewest)
        at.refuse("a list of " + std::to_string(json.size()) + " found, at least " +
                  std::to_string(limits.fewest) + " are expected");
    if (limits.unique && std::set<Json>(json.begin(), json.end()).size() < json.size())
        at.refuse("two entries are the same");
}

SchemaJson number_schema(const char* type, const Range& range) {
    SchemaJson schema{{"type", type}};
    if (std::isfinite(range.low))
        schema[range.above_low ? "exclusiveMinimum" : "minimum"] = bound(range.low);
    if (std::isfinite(range.high))
        schema[range.below_high ? "exclusiveMaximum" : "maximum"] = bound(range.high);
    return schema;
}

SchemaJson text_schema(const Limits& limits) {
    if (!limits.texts.empty()) return {{"enum", limits.texts}};
    SchemaJson schema{{"type", "string"}};
    if (limits.shortest > 0) schema["minLength"] = limits.shortest;
    if (limits.longest < Limits().longest) schema["maxLength"] = limits.longest;
    if (limits.format != nullptr) schema["pattern"] = limits.format->pattern;
    return schema;
}

SchemaJson list_schema(SchemaJson entries, const Limits& limits) {
    SchemaJson schema{{"type", "array"}};
    if (limits.fewest > 0) schema["minItems"] = limits.fewest;
    if (limits.unique) schema["uniqueItems"] = true;
    schema["items"] = std::move(entries);
    return schema;
}

SchemaJson or_null(SchemaJson schema) {
    if (schema.contains("enum"))
        schema["enum"].push_back(nullptr);
    else
        schema["type"] = {schema["type"], "null"};
    return schema;
}

}  // namespace ekya::wire
