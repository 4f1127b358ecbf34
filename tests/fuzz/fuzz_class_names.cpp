// A file of class names, and text from outside as a message shows it.
#include <algorithm>

#include "ekya/core/class_names_file.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/json.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

namespace {

void check_printable(std::string_view text) {
    const std::string shown = printable(text, limits::quoted_bytes);
    fuzz::require(shown.size() <= limits::quoted_bytes + 16, "a longer text than asked for");
    fuzz::require(
        std::ranges::none_of(shown, [](char c) { return (c >= 0 && c < ' ') || c == 127; }),
        "a control character");
    // The strict writer throws for what is no UTF-8.
    fuzz::require(!Json(shown).dump().empty(), "no text");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    const auto text = fuzz::bytes(data, size);
    (void)fuzz::accepts([&] { check_printable(text); });
    const auto file = scratch / "model.names";
    test::write(file, text);
    (void)fuzz::accepts([&] {
        for (const auto& name : read_class_names(file)) {
            fuzz::require(!name.empty() && name.find('\n') == std::string::npos,
                          "a class name that is no line");
            check_printable(name);
        }
    });
    return 0;
}
