#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/onnx_check.hpp"

using namespace ekya;

namespace {

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    return bytes + static_cast<char>(value);
}
std::string field(unsigned tag, std::int64_t number) {
    return varint(tag << 3) + varint(static_cast<std::uint64_t>(number));
}
std::string field(unsigned tag, const std::string& bytes) {
    return varint(tag << 3 | 2) + varint(bytes.size()) + bytes;
}

// Tags as in onnx.proto3.
std::string model_of(const std::string& graph) { return field(7, graph); }
std::string tensor(std::vector<std::int64_t> sizes, std::int64_t type, const std::string& rest) {
    std::string bytes;
    for (const auto size : sizes) bytes += field(1, size);
    return bytes + field(2, type) + field(8, std::string("w")) + rest;
}
std::string with_weight(const std::string& weight) { return model_of(field(5, weight)); }
std::string raw(std::size_t bytes) { return field(9, std::string(bytes, '\0')); }

std::string in_a_node(const std::string& weight) {
    return model_of(field(1, field(4, std::string("Constant")) +
                                 field(5, field(1, std::string("value")) + field(5, weight))));
}

std::string input_of(std::vector<std::int64_t> sizes) {
    std::string shape;
    for (const auto size : sizes) shape += field(1, field(1, size));
    return model_of(
        field(11, field(1, std::string("x")) + field(2, field(1, field(1, 1) + field(2, shape)))));
}

std::string nested(int levels) {
    std::string graph = field(1, field(4, std::string("If")));
    for (int i = 0; i < levels; ++i) graph = field(1, field(5, field(6, graph)));
    return model_of(graph);
}

std::string why_refused(const std::string& model) {
    try {
        check_onnx(model);
    } catch (const InputError& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("check_onnx: what networks have is let through") {
    for (const auto& model : {
             with_weight(tensor({2, 3}, 1, raw(24))),
             with_weight(tensor({2}, 1, field(4, std::string(8, '\0')))),
             with_weight(tensor({2}, 7, field(7, varint(1) + varint(300)))),
             with_weight(tensor({2}, 7, field(7, 1) + field(7, 2))),
             with_weight(tensor({}, 7, raw(8))),
             with_weight(tensor({0}, 1, "")),
             with_weight(tensor({3}, 10, field(5, varint(1) + varint(2) + varint(3)))),
             with_weight(tensor({1}, 8, field(6, std::string("text")))),
             input_of({1, 3, 352, 352}),
             input_of({-1, 3, 0, 0}),
             nested(10),
         })
        CHECK(why_refused(model) == "");
}

TEST_CASE("check_onnx: hostile models are refused, and the tensor is named") {
    constexpr std::int64_t huge = std::int64_t{1} << 40;
    struct Attack {
        const char* name;
        std::string model;
        const char* message;
    };
    std::string crowd;
    for (int i = 0; i < 200'001; ++i) crowd += field(1, std::string("\x22\x01x"));
    const std::vector<Attack> attacks{
        {"weights in another file",
         with_weight(tensor(
             {2}, 1,
             field(13, field(1, std::string("location")) + field(2, std::string("/etc/passwd"))) +
                 field(14, 1))),
         "tensor \"w\" lies in another file"},
        {"weights in another file, said by location alone",
         with_weight(tensor({2}, 1, field(14, 1))), "lies in another file"},
        {"weights in another file, said by data alone",
         with_weight(tensor({2}, 1, field(13, std::string()))), "lies in another file"},
        {"the same in a node", in_a_node(tensor({2}, 1, field(14, 1))), "lies in another file"},
        {"raw_data is too short", with_weight(tensor({2, 3}, 1, raw(23))), "its shape needs 24"},
        {"raw_data is too long", with_weight(tensor({2, 3}, 1, raw(25))), "its shape needs 24"},
        {"no raw_data", with_weight(tensor({2, 3}, 1, "")), "has 0 values"},
        {"raw_data beside values",
         with_weight(tensor({2}, 1, raw(8) + field(4, std::string(8, '\0')))), "raw_data"},
        {"too few values", with_weight(tensor({3}, 7, field(7, varint(1)))), "has 1 values"},
        {"values of half a float", with_weight(tensor({1}, 1, field(4, std::string(3, '\0')))),
         "has 0 values"},
        {"raw text", with_weight(tensor({2}, 8, raw(2))), "raw_data"},
        {"an unknown type", with_weight(tensor({2}, 77, raw(8))), "unknown type 77"},
        {"a negative size", with_weight(tensor({-2}, 1, raw(8))), "a shape that no network has"},
        {"a terabyte", with_weight(tensor({huge}, 1, raw(8))), "a shape that no network has"},
        {"a product that overflows", with_weight(tensor({huge, huge}, 1, raw(8))),
         "a shape that no network has"},
        {"a segment", with_weight(tensor({2}, 1, raw(8) + field(3, std::string("\x08\x01")))),
         "a segment"},
        {"an absurd input", input_of({1, 3, 1 << 20, 1 << 20}), "value \"x\""},
        {"a negative input", input_of({1, 3, -5, 10}), "value \"x\""},
        {"sparse tensors", model_of(field(15, std::string("x"))), "sparse"},
        {"graphs in graphs", nested(20), "nested deeper"},
        {"200,001 nodes", model_of(crowd), "more than 200000 parts"},
        {"no graph", "", "not an ONNX model"},
        {"a field that is cut off", model_of("\x2a\x7f"), "not an ONNX model"},
    };
    for (const auto& attack : attacks) {
        CAPTURE(attack.name);
        const auto why = why_refused(attack.model);
        CHECK_MESSAGE(why.find(attack.message) != std::string::npos, why);
    }
}
