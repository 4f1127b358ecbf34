// ekya-write-schemas EXAMPLES SCHEMAS: writes the JSON Schema of every record into the directory
// SCHEMAS, from the descriptions of the records and the examples in EXAMPLES/NAME.vN.jsonl.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "all_record_types.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"

namespace fs = std::filesystem;
using ekya::test::RecordType;

namespace {

/// "window.v1" of "ekya.window/1"
std::string name_of(const std::string& id) {
    std::string name = id.substr(id.find('.') + 1);
    return name.replace(name.find('/'), 1, ".v");
}

/// @throws InputError if there is none, or one is not written as it was read
ekya::wire::SchemaJson examples_of(const RecordType& type, const fs::path& file) {
    auto examples = ekya::wire::SchemaJson::array();
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const auto place = file.string() + ":" + std::to_string(examples.size() + 1);
        const auto record = ekya::parse_json(line, place);
        const auto again = ekya::with_context(place, [&] { return type.again(record); });
        if (again != record) throw ekya::InputError(place + ": is written as " + again.dump());
        examples.push_back(ekya::wire::SchemaJson::parse(line));
    }
    if (examples.empty()) throw ekya::InputError(file.string() + ": holds no example");
    return examples;
}

void write_schemas(const fs::path& examples, const fs::path& schemas) {
    for (const auto& type : ekya::test::all_record_types()) {
        const auto name = name_of(type.id);
        auto schema = ekya::with_context(type.id, type.schema);
        schema["examples"] = examples_of(type, examples / (name + ".jsonl"));
        ekya::write_atomically(schemas / (name + ".schema.json"), schema.dump(2) + "\n");
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "Usage: ekya-write-schemas EXAMPLES SCHEMAS\n");
        return 2;
    }
    try {
        write_schemas(argv[1], argv[2]);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "ekya-write-schemas: error: %s\n", e.what());
        return 1;
    }
    return 0;
}
