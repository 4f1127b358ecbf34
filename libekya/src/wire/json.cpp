#include "ekya/wire/json.hpp"

#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

using limits::json_levels;

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
        else if (!in_string && (c == '[' || c == '{') && ++levels > json_levels)
            return true;
        else if (!in_string && (c == ']' || c == '}'))
            --levels;
    }
    return false;
}

}  // namespace

Json parse_json(std::string_view text, const std::string& place) {
    if (nests_too_deep(text))
        throw InputError(place + ": nested deeper than " + std::to_string(json_levels) + " levels");
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {  // numbers out of range too
        std::string reason = e.what();
        const auto bracket =
            reason.find("] ");  // drop nlohmann's "[json.exception.parse_error.101] "
        if (bracket != std::string::npos) reason.erase(0, bracket + 2);
        throw InputError(place + ": not valid JSON: " + printable(reason, limits::quoted_bytes));
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
