// ekya.streams/1: ids differ and stay inside their directory, every stream has classes.
#include <set>

#include "ekya/wire/stream_list.hpp"
#include "input.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    fuzz::accepts([&] {
        std::set<std::string> ids;
        for (const auto& stream : read_stream_list(input.text(), "lists/streams.json")) {
            fuzz::require(ids.insert(stream.id).second, "two streams with one id");
            fuzz::require(!stream.id.empty() && stream.id.find('/') == std::string::npos &&
                              stream.id[0] != '.',
                          "an id that is no file name");
            fuzz::require(!stream.source.empty() && stream.classes.size() >= 2 && stream.fps >= 0,
                          "a stream lacks something");
        }
    });
    return 0;
}
