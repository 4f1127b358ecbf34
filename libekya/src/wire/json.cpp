#include "ekya/wire/json.hpp"

#include <cmath>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

// Records come over sockets too, and both parsing and comparing deep values recurse: without a
// limit a single message could overflow the stack. Our own records stay far below.
constexpr int most_levels = 100;

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
