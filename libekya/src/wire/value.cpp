#include "ekya/wire/value.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"

namespace ekya::wire {
namespace {

bool is_file_name_or_none(std::string_view text) { return text.empty() || is_file_name(text); }

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

std::string in_quotes(std::string_view text) {
    constexpr std::size_t most = 60;
    return '"' + printable(text, most) + '"';
}

/// A value as messages quote it.
std::string quoted(const Json& json) {
    if (json.is_object()) return "an object";
    if (json.is_array()) return "a list";
    return json.is_string() ? in_quotes(json.get_ref<const std::string&>()) : json.dump();
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

void check_most(const Json& json, const Limits& limits, const Path& at) {
    if (json.size() > limits.most)
        at.refuse(std::to_string(json.size()) + " entries found, at most " +
                  std::to_string(limits.most) + " are read");
}

bool has_twins(const Json& list) {
    std::vector<const Json*> entries;
    entries.reserve(list.size());
    for (const auto& entry : list) entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(), [](auto a, auto b) { return *a < *b; });
    return std::adjacent_find(entries.begin(), entries.end(),
                              [](auto a, auto b) { return *a == *b; }) != entries.end();
}

std::string listed(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

}  // namespace

const TextFormat file_name{"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", is_file_name,
                           "a name of up to 128 letters, digits, \".\", \"_\" and \"-\" that "
                           "begins with a letter or digit"};
const TextFormat no_file_name{"^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$", is_file_name_or_none,
                              file_name.words};
const TextFormat class_name{
    R"(^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$)",
    is_class_name,
    "the name of a class: 1 to 256 bytes, no control characters, no blanks at its ends"};
const TextFormat plain_text{R"(^[^\u0000-\u001f\u007f-\u009f]*$)", is_plain_text,
                            "a text without control characters"};
const TextFormat sha256_hex{"^[0-9a-f]{64}$", is_sha256, "a SHA-256 in hexadecimal digits"};
const TextFormat utc_time{"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", is_utc_time,
                          "a time in UTC such as \"2026-11-29T21:24:00Z\""};

constexpr std::size_t longest_key = 60;  // in messages

void Path::append_to(std::string& text) const {
    if (parent_ == nullptr) return;
    parent_->append_to(text);
    text += '/';
    text += key_.data() != nullptr ? printable(key_, longest_key) : std::to_string(index_);
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
    if (std::fabs(value) > limits::number) at.refuse(json.dump() + " is too large");
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

std::string written_text(const std::string& text, const Limits& limits) {
    constexpr std::size_t dots = 3;
    const bool is_free = (limits.format == nullptr || limits.format == &plain_text) &&
                         limits.texts.empty() && limits.longest > dots;
    return is_free && (text.size() > limits.longest || !is_plain_text(text))
               ? printable(text, limits.longest - dots)
               : text;
}

void check_list(const Json& json, const Limits& limits, const Path& at) {
    if (!json.is_array()) at.expect("a list", json);
    check_most(json, limits, at);
    if (json.size() < limits.fewest)
        at.refuse("a list of " + std::to_string(json.size()) + " found, at least " +
                  std::to_string(limits.fewest) + " are expected");
    if (limits.unique && has_twins(json)) at.refuse("two entries are the same");
}

void check_map(const Json& json, const Limits& limits, const Path& at) {
    if (!json.is_object()) at.expect("an object", json);
    check_most(json, limits, at);
    for (const auto& [key, value] : json.items()) {
        if (key.size() > limits::text_bytes)
            at.refuse("a key of " + std::to_string(key.size()) + " bytes, at most " +
                      std::to_string(limits::text_bytes) + " are read");
        if (!is_plain_text(key))
            at.refuse("the key " + in_quotes(key) + " is not " + plain_text.words);
    }
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
    if (limits.most < Limits().most) schema["maxItems"] = limits.most;
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

void require_format(const std::string& what, std::string_view text, const TextFormat& format) {
    if (!format.follows(text))
        throw InputError(what + ": " + in_quotes(text) + " is not " + format.words);
}

}  // namespace ekya::wire
