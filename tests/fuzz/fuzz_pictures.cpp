// Image files: frames of a directory, frames that a window keeps.
#include "ekya/video/image_files.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    const auto bytes = fuzz::bytes(data, size);
    const auto file = scratch / "frame.png";
    test::write(file, bytes);
    ImageSize claimed;
    const bool has_size = fuzz::accepts([&] { claimed = image_size(file); });
    if (has_size && static_cast<std::int64_t>(claimed.width) * claimed.height > 1 << 20) return 0;
    (void)fuzz::accepts([&] {
        const auto image = decode_image(bytes);
        fuzz::require(image.width > 0 && image.height > 0 &&
                          image.bgr.size() == static_cast<std::size_t>(image.width) *
                                                  static_cast<std::size_t>(image.height) * 3,
                      "bytes that do not fit the size");
    });
    return 0;
}
