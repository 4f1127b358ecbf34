// JSON Lines of every record that has a schema; the field `schema` of a line says which one it is.
// A record that was read is written as one that reads back the same.
#include <algorithm>
#include <sstream>

#include "ekya/wire/planning_records.hpp"
#include "input.hpp"
#include "schemas/all_record_types.hpp"

using namespace ekya;

namespace {

const test::RecordType* type_of(const Json& json) {
    static const auto types = test::all_record_types();
    if (!json.is_object() || !json.contains("schema")) return nullptr;
    const Json& schema = json.at("schema");
    const auto type = std::ranges::find_if(types, [&](const auto& t) { return schema == t.id; });
    return type == types.end() ? nullptr : &*type;
}

void check_record(const Json& json) {
    const auto* type = type_of(json);
    if (type == nullptr) return;
    std::string line;
    if (!fuzz::accepts([&] { line = to_line(type->again(json)); })) return;
    fuzz::require(fuzz::accepts([&] {
                      const auto again = to_line(type->again(parse_json(line, "again")));
                      fuzz::require(again == line, "a record changed on its way: " + line);
                  }),
                  "a record that was read cannot be read again: " + line);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    (void)fuzz::accepts([&] {
        std::istringstream in(input.text());
        JsonLines lines(in, "records.jsonl");
        while (const auto json = lines.next()) check_record(*json);
    });
    (void)fuzz::accepts([&] {
        std::istringstream in(input.text());
        (void)read_planning_records(in, "records.jsonl");
    });
    return 0;
}
