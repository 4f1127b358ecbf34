#include <doctest/doctest.h>

#include <cstdlib>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/video/image_files.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

TEST_CASE("encode_image: png comes back exactly, jpg nearly") {
    FrameImage image = numbered_image(90, 33, 17);
    image.bgr[0] = 255;  // blue stays first
    image.bgr[1] = 0;
    image.bgr[2] = 10;
    const FrameImage png = decode_image(encode_image(image, "png"));
    CHECK(png.width == 33);
    CHECK(png.height == 17);
    CHECK(png.bgr == image.bgr);

    const FrameImage smooth{32, 16, std::vector<std::uint8_t>(32 * 16 * 3, 77)};
    const FrameImage jpg = decode_image(encode_image(smooth, "jpg"));
    REQUIRE(jpg.bgr.size() == smooth.bgr.size());
    CHECK(std::abs(jpg.bgr[100] - 77) <= 2);
    CHECK(encode_image(image, "png") == encode_image(image, "png"));
}

TEST_CASE("encode_image: refuses other formats and images whose bytes do not fit") {
    CHECK(contains(message_of<DomainError>([] { (void)encode_image(numbered_image(1), "gif"); }),
                   "\"gif\" is neither png nor jpg"));
    CHECK_THROWS_AS((void)encode_image(FrameImage{}, "png"), DomainError);
    CHECK_THROWS_AS((void)encode_image(FrameImage{2, 2, {1, 2, 3}}, "png"), DomainError);
}

TEST_CASE("decode_image: refuses what is no image") {
    CHECK_THROWS_AS((void)decode_image(""), InputError);
    CHECK_THROWS_AS((void)decode_image("this is text"), InputError);
    for (const char* format : {"png", "jpg"}) {
        const auto whole = encode_image(numbered_image(1), format);
        const auto message =
            message_of<InputError>([&] { (void)decode_image(whole.substr(0, whole.size() / 2)); });
        CHECK(contains(message, "cut off after"));
    }
}

TEST_CASE("read_image: messages name the file") {
    const Scratch scratch;
    write(scratch.file("a.png"), "text");
    CHECK(contains(message_of<InputError>([&] { (void)read_image(scratch.file("a.png")); }),
                   "a.png: "));
    CHECK(contains(message_of<InputError>([&] { (void)read_image(scratch.file("b.png")); }),
                   "b.png"));
    write(scratch.file("c.png"), encode_image(numbered_image(5), "png"));
    CHECK(number_in(read_image(scratch.file("c.png"))) == 5);
}

TEST_CASE("image_size: what the header says, without the pixels") {
    const Scratch scratch;
    const FrameImage image{37, 21, std::vector<std::uint8_t>(37 * 21 * 3, 99)};
    for (const std::string format : {"png", "jpg"}) {
        const auto bytes = encode_image(image, format);
        const auto file = scratch.file("image." + format);
        write(file, bytes);
        CHECK(image_size(file) == ImageSize{37, 21});
        write(file, bytes.substr(0, 12));
        CHECK(contains(message_of<InputError>([&] { (void)image_size(file); }),
                       "image." + format + ": has no header of a PNG or JPEG image"));
    }
    write(scratch.file("text"), "no image");
    CHECK_THROWS_AS((void)image_size(scratch.file("text")), InputError);
    write(scratch.file("empty"), "");
    CHECK_THROWS_AS((void)image_size(scratch.file("empty")), InputError);
}
