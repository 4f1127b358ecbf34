// The table of boxes beside a video. Parameters: width and height of its frames.
#include "ekya/video/annotations.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    static const std::vector<std::string> classes{"car", "van"};
    fuzz::Input input(data, size);
    const auto file = scratch / "boxes.csv";
    test::write(file, input.text());
    (void)fuzz::accepts([&] {
        auto table = read_annotations(file, classes);
        std::size_t counted = 0;
        for (std::size_t row = 0; row < table.size(); ++row) {
            const auto frame = table.rows()[row].frame;
            if (row == 0 || frame != table.rows()[row - 1].frame) counted += table.of(frame).size();
        }
        fuzz::require(counted == table.size(), "boxes that belong to no frame");
        const int width = 1 + input.byte(), height = 1 + input.byte();
        (void)check_inside(table, width, height);
        for (const auto& row : table.rows())
            fuzz::require(row.box.x0 >= 0 && row.box.y0 >= 0 && row.box.x1 <= width &&
                              row.box.y1 <= height && row.box.area() > 0,
                          "a box outside the frame");
    });
    return 0;
}
