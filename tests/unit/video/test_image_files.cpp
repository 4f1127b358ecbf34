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
                       "image." + format + ": has no header of a PNG, JPEG or BMP image"));
    }
    write(scratch.file("text"), "no image");
    CHECK_THROWS_AS((void)image_size(scratch.file("text")), InputError);
    write(scratch.file("empty"), "");
    CHECK_THROWS_AS((void)image_size(scratch.file("empty")), InputError);
}

TEST_CASE("decode_image: images that declare too many pixels are refused by their headers") {
    const auto number = [](std::uint32_t value, int bytes, bool little = false) {
        std::string text;
        for (int i = 0; i < bytes; ++i)
            text += static_cast<char>(value >> 8 * (little ? i : bytes - 1 - i));
        return text;
    };
    const auto png = [&](std::uint32_t width, std::uint32_t height) {
        return "\x89PNG\r\n\x1a\n" + number(13, 4) + "IHDR" + number(width, 4) + number(height, 4) +
               std::string("\x08\x02\0\0\0", 5) + "....IEND";
    };
    const auto jpeg = [&](std::uint32_t width, std::uint32_t height) {
        return "\xFF\xD8\xFF\xC0" + number(17, 2) + "\x08" + number(height, 2) + number(width, 2) +
               std::string(20, 'x') + "\xFF\xD9";
    };
    const auto bmp = [&](std::uint32_t width, std::uint32_t height) {
        return "BM" + std::string(16, '\0') + number(width, 4, true) + number(height, 4, true) +
               std::string(40, '\0');
    };
    struct Attack {
        const char* name;
        std::string bytes;
        const char* message;
    };
    const std::vector<Attack> attacks{
        {"PNG of 30,000 x 30,000", png(30'000, 30'000), "30000 x 30000 pixels"},
        {"PNG of 2^31-1 x 1", png(0x7fffffff, 1), "pixels, at most"},
        {"PNG of 2^31 x 1", png(0x80000000, 1), "damaged"},
        {"PNG of no width", png(0, 100), "damaged"},
        {"JPEG of 65,535 x 65,535", jpeg(65'535, 65'535), "65535 x 65535 pixels"},
        {"JPEG of no height", jpeg(100, 0), "damaged"},
        {"BMP of 100,000 x 100,000", bmp(100'000, 100'000), "100000 x 100000 pixels"},
        {"BMP upside down of 100,000 x 100,000", bmp(100'000, static_cast<std::uint32_t>(-100'000)),
         "100000 x 100000 pixels"},
        {"BMP of a negative width", bmp(static_cast<std::uint32_t>(-5), 5), "damaged"},
        {"BMP of the smallest height", bmp(1, 0x80000000), "damaged"},
        {"GIF", std::string("GIF89a") + std::string(30, '\xff'), "unknown format"},
        {"TIFF", std::string("II*\0", 4) + std::string(30, '\xff'), "unknown format"},
        {"WebP", "RIFF....WEBPVP8 " + std::string(30, '\xff'), "unknown format"},
        {"EXR", "\x76\x2f\x31\x01" + std::string(30, '\xff'), "unknown format"},
        {"PBM", "P4 100000 100000 ", "unknown format"},
        {"a JPEG without a frame", "\xFF\xD8\xFF\xE0" + number(4, 2) + "xx\xFF\xD9", "damaged"},
        {"a JPEG whose segments have no length",
         "\xFF\xD8\xFF\xE0" + std::string(20, '\0') + "\xFF\xD9", "damaged"},
    };
    for (const auto& attack : attacks) {
        CAPTURE(attack.name);
        const auto why = message_of<InputError>([&] { (void)decode_image(attack.bytes); });
        CHECK_MESSAGE(contains(why, attack.message), why);
    }
}
