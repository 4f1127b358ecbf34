#include <doctest/doctest.h>

#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/onnx_message.hpp"
#include "ekya/core/onnx_shapes.hpp"

using namespace ekya;

TEST_CASE("OnnxMessage: numbers and bytes by tag; other kinds are passed over") {
    // 1: 300; 2: "ab"; 3: four bytes; 2: "c"
    const std::string bytes(
        "\x08\xAC\x02\x12\x02"
        "ab\x1D"
        "wxyz\x12\x01"
        "c");
    OnnxMessage message(bytes);
    OnnxField field;
    REQUIRE(message.next(field));
    CHECK(field.tag == 1);
    CHECK(field.number == 300);
    REQUIRE(message.next(field));
    CHECK(field.bytes == "ab");
    REQUIRE(message.next(field));
    CHECK(field.tag == 3);
    REQUIRE(message.next(field));
    CHECK_FALSE(message.next(field));
    CHECK(message.done());
    CHECK(onnx_bytes(bytes, 2) == "c");
    CHECK(onnx_bytes(bytes, 7).empty());
}

TEST_CASE("OnnxMessage: what is cut short or no protocol buffer is refused") {
    const auto read_all = [](const std::string& bytes) {
        OnnxMessage message(bytes);
        for (OnnxField field; message.next(field);) {}
    };
    for (const std::string bytes :
         {"\x12\x05"
          "ab",
          "\x08", "\x0B", "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
          "\x02\x01"
          "a",
          "\x1D\x01"})
        CHECK_THROWS_AS(read_all(bytes), InputError);
    CHECK_THROWS_AS(static_cast<void>(onnx_graph("")), InputError);
    CHECK_THROWS_AS(static_cast<void>(onnx_shapes("nonsense")), InputError);
}
