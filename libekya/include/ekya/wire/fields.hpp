// How a record is described: each of its fields once. Reader, writer, checks and JSON Schema of the
// record come from its description:
//
//     void describe(wire::Object<JobOrder>& o) {
//         o.record("ekya.job-order/1", "What a running job is told.");
//         o.field("share", &JobOrder::share).within(0, 1e6).text("share of one device");
//         o.field("state", &JobOrder::state).optional().text("what it is told to do");
//     }
//
// describe() stands in the namespace of the record. A nested struct or enumeration has a describe()
// of its own. docs/records.md shows all that a field can say.
#pragma once
#include <functional>
#include <memory>

#include "ekya/core/errors.hpp"
#include "ekya/wire/value.hpp"

namespace ekya::wire {

/// A field of a record as its reader, writer and schema see it.
template <typename Record> class AnyField {
public:
    AnyField(std::string name, bool required) : name_(std::move(name)), required_(required) {}
    virtual ~AnyField() = default;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool required() const { return required_; }

    [[nodiscard]] virtual std::string expected() const = 0;
    virtual void read(const Json& json, Record& record, const Path& at) const = 0;
    virtual void read_missing(Record& record) const = 0;
    [[nodiscard]] virtual bool left_out(const Record& record) const = 0;
    [[nodiscard]] virtual Json write(const Record& record) const = 0;
    [[nodiscard]] virtual SchemaJson schema() const = 0;

protected:
    std::string name_;
    bool required_;
};

[[nodiscard]] SchemaJson described(const std::string& field, const std::string& text,
                                   const std::string& unit, const SchemaJson& value);

/// A field that is one member of the record. Without optional() or omit_default() it is required; a
/// std::optional member may be missing.
template <typename Record, typename T, typename Owner> class Field : public AnyField<Record> {
public:
    using Member = T Owner::*;
    static constexpr bool holds_optional = requires(T value) { value.has_value(); };

    Field(std::string name, Member member)
        : AnyField<Record>(std::move(name), !holds_optional), member_(member) {}

    /// What the value means: a noun phrase. Every field has one.
    Field& text(std::string words) { return text_ = std::move(words), *this; }
    Field& unit(std::string words) { return unit_ = std::move(words), *this; }

    Field& at_least(double low) { return limits_.range.low = low, *this; }
    Field& above(double low) { return limits_.range.above_low = true, at_least(low); }
    Field& at_most(double high) { return limits_.range.high = high, *this; }
    Field& below(double high) { return limits_.range.below_high = true, at_most(high); }
    Field& within(double low, double high) { return at_least(low).at_most(high); }

    Field& not_empty() { return limits_.shortest = 1, *this; }
    Field& length(std::size_t bytes) { return limits_.shortest = limits_.longest = bytes, *this; }
    Field& format(const TextFormat& format) { return limits_.format = &format, *this; }
    Field& one_of(std::vector<std::string> texts) {
        return limits_.texts = std::move(texts), *this;
    }

    Field& at_least_entries(std::size_t count) { return limits_.fewest = count, *this; }
    Field& at_most_entries(std::size_t count) { return limits_.most = count, *this; }
    Field& unique() { return limits_.unique = true, *this; }

    /// Of an optional value: null where there is none, and never missing.
    Field& nullable() {
        static_assert(holds_optional);
        this->required_ = limits_.null = true;
        return *this;
    }
    /// May be missing, which means what a new record holds. Always written.
    Field& optional() { return this->required_ = false, *this; }
    /// May be missing, which means what a new record holds, and is not written then.
    Field& omit_default() { return same_ = &Field::same, optional(); }
    /// The same, where the value meant depends on the fields described before it.
    Field& omit_default(std::function<T(const Record&)> value) {
        return default_ = std::move(value), omit_default();
    }

    [[nodiscard]] std::string expected() const override { return Value<T>::expected(); }
    void read(const Json& json, Record& record, const Path& at) const override {
        Value<T>::read(json, record.*member_, limits_, at);
    }
    void read_missing(Record& record) const override {
        if (default_) record.*member_ = default_(record);
    }
    [[nodiscard]] bool left_out(const Record& record) const override {
        const T& value = record.*member_;
        if constexpr (holds_optional)
            if (!value.has_value()) return !limits_.null;
        if (same_ == nullptr) return false;
        return same_(value, default_ ? default_(record) : new_record().*member_);
    }
    [[nodiscard]] Json write(const Record& record) const override {
        return Value<T>::write(record.*member_, limits_);
    }
    [[nodiscard]] SchemaJson schema() const override {
        SchemaJson schema = described(this->name_, text_, unit_, Value<T>::schema(limits_));
        if (this->required_ || holds_optional || default_) return schema;
        if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
            const Json value = write(new_record());
            try {
                T again{};
                Value<T>::read(value, again, limits_, Path());
                schema["default"] = value;
            } catch (const InputError&) {  // stands for "none", and cannot be written
            }
        }
        return schema;
    }

private:
    static const Record& new_record() {
        static const Record record{};
        return record;
    }
    /// Of lists and maps the default is an empty one.
    static bool same(const T& a, const T& b) {
        if constexpr (requires { a.empty(); } && !std::is_same_v<T, std::string>)
            return a.empty() && b.empty();
        else
            return a == b;
    }

    Member member_;
    std::string text_, unit_;
    Limits limits_;
    bool (*same_)(const T&, const T&) = nullptr;  ///< none: a default is written too
    std::function<T(const Record&)> default_;
};

/// A field that always has the same value.
template <typename Record> class Constant : public AnyField<Record> {
public:
    Constant(std::string name, std::string value, std::string text)
        : AnyField<Record>(std::move(name), true),
          value_(std::move(value)),
          text_(std::move(text)) {}
    [[nodiscard]] std::string expected() const override { return '"' + value_ + '"'; }
    void read(const Json& json, Record&, const Path& at) const override {
        if (json != value_) at.expect(expected(), json);
    }
    void read_missing(Record&) const override {}
    [[nodiscard]] bool left_out(const Record&) const override { return false; }
    [[nodiscard]] Json write(const Record&) const override { return value_; }
    [[nodiscard]] SchemaJson schema() const override {
        return described(this->name_, text_, "", {{"const", value_}});
    }

private:
    std::string value_, text_;
};

/// One field, or several, that a record needs if another field has a certain value.
struct Condition {
    std::string field, value;
    std::vector<std::string> needed;
};

[[nodiscard]] SchemaJson schema_of_list(const std::vector<SchemaJson>& entries);
[[nodiscard]] SchemaJson schema_of_condition(const Condition& condition);
/// With title, address and the field "schema".
[[nodiscard]] SchemaJson as_record(const std::string& id, const SchemaJson& object);

/// A struct that is an object in JSON, or a list if it is told so.
template <typename Record> class Object {
public:
    /// For what travels on its own. @param id its schema: "ekya.window/1"
    void record(std::string id, std::string words) { id_ = std::move(id), text(std::move(words)); }
    void text(std::string words) { text_ = std::move(words); }
    template <typename T, typename Owner>
    Field<Record, T, Owner>& field(const char* name, T Owner::*member) {
        auto field = std::make_unique<Field<Record, T, Owner>>(name, member);
        auto& added = *field;
        fields_.push_back(std::move(field));
        return added;
    }
    void constant(const char* name, std::string value, std::string words) {
        fields_.push_back(
            std::make_unique<Constant<Record>>(name, std::move(value), std::move(words)));
    }
    /// Those fields must be there if `field` has this value.
    void needs(std::vector<std::string> fields, std::string field, std::string value) {
        conditions_.push_back({std::move(field), std::move(value), std::move(fields)});
    }
    /// What no single field tells. It calls Path::refuse().
    void check(std::function<void(const Record&, const Path&)> what) {
        checks_.push_back(std::move(what));
    }
    /// A list of the fields' values in their order; all are required.
    void as_list() { is_list_ = true; }

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] std::string expected() const { return is_list_ ? "a list" : "an object"; }

    /// @param record a new one
    void read(const Json& json, Record& record, const Path& at) const {
        if (is_list_) return read_list(json, record, at);
        if (!json.is_object()) at.expect(expected(), json);
        for (const auto& field : fields_) {
            const Path here(at, field->name());
            if (const auto found = json.find(field->name()); found != json.end())
                field->read(*found, record, here);
            else if (field->required())
                here.refuse("missing, " + field->expected() + " is expected");
            else
                field->read_missing(record);
        }
        for (const auto& condition : conditions_) check_condition(condition, json, at);
        for (const auto& check : checks_) check(record, at);
    }

    [[nodiscard]] Json write(const Record& record) const {
        Json json = is_list_ ? Json::array() : Json::object();
        for (const auto& field : fields_)
            if (is_list_)
                json.push_back(field->write(record));
            else if (!field->left_out(record))
                json[field->name()] = field->write(record);
        return json;
    }

    /// As a part of another record.
    [[nodiscard]] SchemaJson schema() const {
        if (is_list_) {
            std::vector<SchemaJson> entries;
            for (const auto& field : fields_) entries.push_back(field->schema());
            return schema_of_list(entries);
        }
        SchemaJson schema{};
        if (!text_.empty()) schema["description"] = text_;
        schema["type"] = "object";
        SchemaJson properties = SchemaJson::object(), required = SchemaJson::array();
        for (const auto& field : fields_) {
            properties[field->name()] = field->schema();
            if (field->required()) required.push_back(field->name());
        }
        schema["properties"] = std::move(properties);
        if (!required.empty()) schema["required"] = std::move(required);
        for (const auto& condition : conditions_)
            schema["allOf"].push_back(schema_of_condition(condition));
        return schema;
    }
    [[nodiscard]] SchemaJson record_schema() const { return as_record(id_, schema()); }

private:
    void read_list(const Json& json, Record& record, const Path& at) const {
        if (!json.is_array() || json.size() != fields_.size())
            at.expect("a list of " + std::to_string(fields_.size()), json);
        for (std::size_t i = 0; i < fields_.size(); ++i)
            fields_[i]->read(json[i], record, Path(at, i));
    }
    static void check_condition(const Condition& condition, const Json& json, const Path& at) {
        const auto found = json.find(condition.field);
        if (found == json.end() || *found != condition.value) return;
        for (const auto& name : condition.needed)
            if (!json.contains(name))
                Path(at, name).refuse("missing, " + condition.field + " \"" + condition.value +
                                      "\" needs it");
    }

    std::string id_, text_;
    std::vector<std::unique_ptr<AnyField<Record>>> fields_;
    std::vector<Condition> conditions_;
    std::vector<std::function<void(const Record&, const Path&)>> checks_;
    bool is_list_ = false;
};

[[nodiscard]] SchemaJson schema_of_names(
    const std::vector<std::pair<std::string, std::string>>& names_and_texts);
/// @return the place among the names. @throws InputError listing them
[[nodiscard]] std::size_t read_name(
    const Json& json, const std::vector<std::pair<std::string, std::string>>& names_and_texts,
    const Path& at);

/// An enumeration: a text in JSON.
template <typename E> class Enumeration {
public:
    void value(E value, std::string name, std::string words = "") {
        values_.push_back(value);
        names_.emplace_back(std::move(name), std::move(words));
    }

    [[nodiscard]] std::string expected() const { return "a text"; }
    void read(const Json& json, E& value, const Path& at) const {
        value = values_[read_name(json, names_, at)];
    }
    [[nodiscard]] Json write(E value) const { return name(value); }
    [[nodiscard]] const std::string& name(E value) const {
        for (std::size_t i = 0; i < values_.size(); ++i)
            if (values_[i] == value) return names_[i].first;
        throw DomainError("a value without a name");
    }
    [[nodiscard]] SchemaJson schema() const { return schema_of_names(names_); }

private:
    std::vector<E> values_;
    std::vector<std::pair<std::string, std::string>> names_;
};

template <typename T> const auto& description_of() {
    using Description = std::conditional_t<std::is_enum_v<T>, Enumeration<T>, Object<T>>;
    static_assert(
        requires(Description & d) { describe(d); }, "no describe() for this type");
    static const Description description = [] {
        Description d;
        describe(d);
        return d;
    }();
    return description;
}

/// Checks that a record is an object of this schema. @throws InputError without a place
void require_schema(const Json& json, const std::string& id);

}  // namespace ekya::wire

namespace ekya {

template <typename Record> [[nodiscard]] Json encode(const Record& record) {
    Json json = wire::description_of<Record>().write(record);
    json["schema"] = wire::description_of<Record>().id();
    return json;
}

/// Unknown fields pass.
/// @throws InputError "place: /pointer: what was found, what is expected"
template <typename Record> [[nodiscard]] Record decode(const Json& json, const std::string& place) {
    return with_context(place, [&] {
        wire::require_schema(json, wire::description_of<Record>().id());
        Record record;
        wire::description_of<Record>().read(json, record, wire::Path());
        return record;
    });
}

/// The JSON Schema of a record, without examples.
template <typename Record> [[nodiscard]] wire::SchemaJson schema_of() {
    return wire::description_of<Record>().record_schema();
}

}  // namespace ekya
