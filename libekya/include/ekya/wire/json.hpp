#pragma once
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ekya {

using Json = nlohmann::json;

/// Parses one JSON text.
/// @param place file and line for the message, e.g. "est.jsonl:17"
/// @throws InputError "place: ..." with what is wrong and where in the text; also if an object has
/// a key twice, or if the text nests deeper or holds more values than limits allow
[[nodiscard]] Json parse_json(std::string_view text, const std::string& place);

/// One line of JSON, without newline. @throws DomainError if it holds NaN or infinity, which JSON
/// cannot say
[[nodiscard]] std::string to_line(const Json& record);

/// Reads JSON Lines; blank lines are skipped.
class JsonLines {
public:
    /// @param name of the input in messages
    JsonLines(std::istream& in, std::string name);
    /// The next value and its place ("name:line"), or nothing at the end.
    /// @throws InputError at a line that is no JSON
    [[nodiscard]] std::optional<Json> next();
    [[nodiscard]] std::string place() const;

private:
    std::istream& in_;
    std::string name_;
    long line_ = 0;
};

}  // namespace ekya
