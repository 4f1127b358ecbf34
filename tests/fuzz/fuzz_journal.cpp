// The journal of a window, ekya.window-event/1, JSON Lines: it is read and replayed.
#include <sstream>

#include "ekya/window/journal.hpp"
#include "ekya/wire/records.hpp"
#include "input.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    std::vector<WindowEvent> journal;
    const bool read = fuzz::accepts([&] {
        std::istringstream in(input.text());
        journal = read_records<WindowEvent>(in, "journal.jsonl");
    });
    if (read) (void)fuzz::accepts([&] { (void)replay_window(journal); });
    return 0;
}
