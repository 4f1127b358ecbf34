#include "ekya/wire/json.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

/// Makes a value of what the parser reads, and ends the reading where a limit is reached or a key
/// stands twice.
class JsonBuilder final : public nlohmann::json_sax<Json> {
public:
    [[nodiscard]] Json take() { return std::move(root_); }
    /// Why the reading ended early; empty = it did not.
    [[nodiscard]] const std::string& problem() const { return problem_; }

    bool null() override { return add(nullptr) != nullptr; }
    bool boolean(bool value) override { return add(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override {
        return add(value) != nullptr;
    }
    bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return false; }  // JSON has none

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool key(string_t& key) override {
        auto& object = *open_.back()->get_ptr<Json::object_t*>();
        const auto [entry, added] = object.emplace(std::move(key), nullptr);
        member_ = &entry->second;
        return added || fail("the key \"" + entry->first + "\" stands twice in one object");
    }

    bool parse_error(std::size_t, const std::string&, const Json::exception& e) override {
        const std::string reason = e.what();  // numbers out of range too
        const auto bracket =
            reason.find("] ");  // drop nlohmann's "[json.exception.parse_error.101] "
        return fail("not valid JSON: " +
                    (bracket == std::string::npos ? reason : reason.substr(bracket + 2)));
    }

private:
    bool fail(const std::string& why) {
        problem_ = why;
        return false;
    }
    bool open(Json value) {
        if (open_.size() == static_cast<std::size_t>(limits::json_levels))
            return fail("nested deeper than " + std::to_string(limits::json_levels) + " levels");
        Json* const place = add(std::move(value));
        if (place != nullptr) open_.push_back(place);
        return place != nullptr;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    /// @return where the value stands until its list or object grows
    Json* add(Json value) {
        if (++values_ > limits::json_values) {
            (void)fail("holds more than " + std::to_string(limits::json_values) + " values");
            return nullptr;
        }
        if (open_.empty()) return &(root_ = std::move(value));
        if (auto* const list = open_.back()->get_ptr<Json::array_t*>())
            return &list->emplace_back(std::move(value));
        return &(*member_ = std::move(value));
    }

    Json root_;
    std::vector<Json*> open_;  ///< lists and objects whose end is still to come
    Json* member_ = nullptr;   ///< where the value of the last key goes
    std::size_t values_ = 0;
    std::string problem_;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& place) {
    // The parser takes it for the end of the text.
    if (text.find('\0') != text.npos) throw InputError(place + ": not valid JSON: a zero byte");
    JsonBuilder builder;
    if (!Json::sax_parse(text, &builder))
        throw InputError(place + ": " + printable(builder.problem(), limits::quoted_bytes));
    return builder.take();
}

namespace {

bool is_finite(const Json& value) {
    if (value.is_number_float()) return std::isfinite(value.get<double>());
    return !value.is_structured() || std::all_of(value.begin(), value.end(), is_finite);
}

/// Names the place of a number that is not finite.
void require_finite(const Json& value, const std::string& where) {
    if (value.is_number_float() && !is_finite(value))
        throw DomainError(where + ": is not a finite number");
    if (value.is_object())
        for (const auto& [key, part] : value.items()) require_finite(part, where + "/" + key);
    if (value.is_array())
        for (const auto& part : value) require_finite(part, where + "/-");
}

}  // namespace

std::string to_line(const Json& record) {
    if (!is_finite(record)) require_finite(record, "");
    return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

/// As std::getline, but reads no further than one byte over the limit.
bool read_line(std::istream& in, std::string& line) {
    line.clear();
    if (!in.good()) return false;
    constexpr int end = std::char_traits<char>::eof();
    try {
        for (int c = in.rdbuf()->sbumpc(); c != end; c = in.rdbuf()->sbumpc()) {
            if (c == '\n') return true;
            line += static_cast<char>(c);
            if (line.size() > limits::line_bytes) return true;
        }
        in.setstate(std::ios::eofbit);
    } catch (const std::ios_base::failure&) {
        in.setstate(std::ios::badbit);
    }
    return !line.empty();
}

}  // namespace

JsonLines::JsonLines(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

std::optional<Json> JsonLines::next() {
    std::string line;
    while (read_line(in_, line)) {
        ++line_;
        if (line.size() > limits::line_bytes)
            throw InputError(place() + ": longer than " + std::to_string(limits::line_bytes) +
                             " bytes");
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        return parse_json(line, place());
    }
    if (in_.bad()) throw InputError(place() + ": cannot read");
    return std::nullopt;
}

std::string JsonLines::place() const { return name_ + ":" + std::to_string(line_); }

}  // namespace ekya
