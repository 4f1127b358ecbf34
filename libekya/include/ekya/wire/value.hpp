// How single values stand in JSON: reader, writer and schema of every type that a field can have.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ekya/core/limits.hpp"
#include "ekya/wire/json.hpp"

namespace ekya::wire {

/// A JSON Schema (draft 7); its keys keep the order in which they were set.
using SchemaJson = nlohmann::ordered_json;

/// A place inside a record. Lives on the reader's stack; its text is made for messages only.
class Path {
public:
    Path() = default;
    Path(const Path& parent, std::string_view key) : parent_(&parent), key_(key) {}
    Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index) {}

    /// As JSON pointer: "/labels/3/crop". Of long keys the begin.
    [[nodiscard]] std::string pointer() const;
    /// @throws InputError "/pointer: what"
    [[noreturn]] void refuse(const std::string& what) const;
    /// @throws InputError "/pointer: FOUND found, EXPECTED is expected"
    [[noreturn]] void expect(const std::string& expected, const Json& found) const;

private:
    void append_to(std::string& text) const;

    const Path* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
};

/// What the text of a field must look like.
struct TextFormat {
    const char* pattern;  ///< for the schema
    bool (*follows)(std::string_view);
    const char* words;  ///< for messages: "is not ..."
};
extern const TextFormat file_name;     ///< see is_file_name()
extern const TextFormat no_file_name;  ///< a file name, or empty for none
extern const TextFormat class_name;    ///< see is_class_name()
extern const TextFormat plain_text;    ///< see is_plain_text()
extern const TextFormat sha256_hex;    ///< 64 hexadecimal digits
extern const TextFormat utc_time;      ///< RFC 3339 in UTC, to the second

struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool above_low = false, below_high = false;  ///< the end itself is not allowed
};

/// What a field's values are held to. In lists, maps and optional values, numbers and texts inside
/// are held to it.
struct Limits {
    Range range = {};
    std::size_t shortest = 0, longest = limits::text_bytes;  ///< bytes of a text
    const TextFormat* format = nullptr;
    std::vector<std::string> texts;                       ///< the only ones allowed; empty = all
    std::size_t fewest = 0, most = limits::list_entries;  ///< entries of a list or a map
    bool unique = false;                                  ///< entries of a list differ
    bool null = false;  ///< an optional value without a value is null, not missing
};

void check_number(double value, const Range& range, const Path& at);
[[nodiscard]] double read_number(const Json& json, const Range& range, const Path& at);
void read_text(const Json& json, std::string& text, const Limits& limits, const Path& at);
/// Of a text without a format, e.g. a reason or a message of another program, as it is written:
/// what a terminal would obey is made harmless, and what is longer than is read is cut off.
[[nodiscard]] std::string written_text(const std::string& text, const Limits& limits);
void check_list(const Json& json, const Limits& limits, const Path& at);
void check_map(const Json& json, const Limits& limits, const Path& at);
[[nodiscard]] SchemaJson number_schema(const char* type, const Range& range);
[[nodiscard]] SchemaJson text_schema(const Limits& limits);
[[nodiscard]] SchemaJson list_schema(SchemaJson entries, const Limits& limits);
[[nodiscard]] SchemaJson or_null(SchemaJson schema);

/// Of a name that is in no record. @throws InputError "what: "text" is not ..."
void require_format(const std::string& what, std::string_view text, const TextFormat& format);

/// Object<T> or Enumeration<T> (fields.hpp), as described.
template <typename T> [[nodiscard]] const auto& description_of();

/// Values of one type. This one: records and enumerations, which describe() tells of.
template <typename T> struct Value {
    static std::string expected() { return description_of<T>().expected(); }
    static void read(const Json& json, T& value, const Limits&, const Path& at) {
        description_of<T>().read(json, value, at);
    }
    static Json write(const T& value, const Limits&) { return description_of<T>().write(value); }
    static SchemaJson schema(const Limits&) { return description_of<T>().schema(); }
};

template <> struct Value<bool> {
    static std::string expected() { return "true or false"; }
    static void read(const Json& json, bool& value, const Limits&, const Path& at) {
        if (!json.is_boolean()) at.expect(expected(), json);
        value = json.get<bool>();
    }
    static Json write(bool value, const Limits&) { return value; }
    static SchemaJson schema(const Limits&) { return {{"type", "boolean"}}; }
};

template <std::floating_point T> struct Value<T> {
    static std::string expected() { return "a number"; }
    static void read(const Json& json, T& value, const Limits& limits, const Path& at) {
        value = read_number(json, limits.range, at);
    }
    static Json write(T value, const Limits&) { return value; }
    static SchemaJson schema(const Limits& limits) { return number_schema("number", limits.range); }
};

template <std::integral T> struct Value<T> {
    static std::string expected() { return "a whole number"; }
    static void read(const Json& json, T& value, const Limits& limits, const Path& at) {
        if (!json.is_number_integer()) at.expect(expected(), json);
        check_number(json.get<double>(), within_type(limits.range), at);
        const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                    : std::in_range<T>(json.get<std::int64_t>());
        if (!fits) at.refuse(json.dump() + " is too large");
        value = json.get<T>();
    }
    static Json write(T value, const Limits&) { return value; }
    static SchemaJson schema(const Limits& limits) {
        return number_schema("integer", within_type(limits.range));
    }
    /// What the type cannot hold is outside the range too. A double cannot tell the ends of 64
    /// bits.
    static Range within_type(Range range) {
        using Type = std::numeric_limits<T>;
        if (Type::min() == 0 || sizeof(T) <= 4)
            range.low = std::max(range.low, static_cast<double>(Type::min()));
        if (sizeof(T) <= 4) range.high = std::min(range.high, static_cast<double>(Type::max()));
        return range;
    }
};

template <> struct Value<std::string> {
    static std::string expected() { return "a text"; }
    static void read(const Json& json, std::string& value, const Limits& limits, const Path& at) {
        read_text(json, value, limits, at);
    }
    static Json write(const std::string& value, const Limits& limits) {
        return written_text(value, limits);
    }
    static SchemaJson schema(const Limits& limits) { return text_schema(limits); }
};

template <typename T> struct Value<std::vector<T>> {
    static std::string expected() { return "a list"; }
    static void read(const Json& json, std::vector<T>& value, const Limits& limits,
                     const Path& at) {
        check_list(json, limits, at);
        value.clear();
        value.reserve(json.size());
        for (std::size_t i = 0; i < json.size(); ++i)
            Value<T>::read(json[i], value.emplace_back(), limits, Path(at, i));
    }
    static Json write(const std::vector<T>& value, const Limits& limits) {
        Json json = Json::array();
        for (const auto& entry : value) json.push_back(Value<T>::write(entry, limits));
        return json;
    }
    static SchemaJson schema(const Limits& limits) {
        return list_schema(Value<T>::schema(limits), limits);
    }
};

template <typename T> struct Value<std::map<std::string, T>> {
    static std::string expected() { return "an object"; }
    static void read(const Json& json, std::map<std::string, T>& value, const Limits& limits,
                     const Path& at) {
        check_map(json, limits, at);
        value.clear();
        for (const auto& [key, entry] : json.items())
            Value<T>::read(entry, value[key], limits, Path(at, key));
    }
    static Json write(const std::map<std::string, T>& value, const Limits& limits) {
        Json json = Json::object();
        for (const auto& [key, entry] : value)
            json[written_text(key, {})] = Value<T>::write(entry, limits);
        return json;
    }
    static SchemaJson schema(const Limits& limits) {
        return {{"type", "object"}, {"additionalProperties", Value<T>::schema(limits)}};
    }
};

template <typename T> struct Value<std::optional<T>> {
    static std::string expected() { return Value<T>::expected(); }
    static void read(const Json& json, std::optional<T>& value, const Limits& limits,
                     const Path& at) {
        if (limits.null && json.is_null())
            value.reset();
        else
            Value<T>::read(json, value.emplace(), limits, at);
    }
    static Json write(const std::optional<T>& value, const Limits& limits) {
        return value ? Value<T>::write(*value, limits) : Json(nullptr);
    }
    static SchemaJson schema(const Limits& limits) {
        return limits.null ? or_null(Value<T>::schema(limits)) : Value<T>::schema(limits);
    }
};

}  // namespace ekya::wire
