#include "ekya/core/onnx_check.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/onnx_message.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

// Field numbers below are those of onnx.proto3.

constexpr int most_levels = 16;  // of graphs inside the nodes of graphs

/// Bytes of a value in raw_data; none for types that have none (text) or that are unknown.
std::optional<std::uint64_t> value_bytes(std::uint64_t type) {
    switch (type) {
        case 2:   // uint8
        case 3:   // int8
        case 9:   // bool
        case 17:  // float8
        case 18:
        case 19:
        case 20:
            return 1;
        case 4:   // uint16
        case 5:   // int16
        case 10:  // float16
        case 16:  // bfloat16
            return 2;
        case 1:   // float
        case 6:   // int32
        case 12:  // uint32
            return 4;
        case 7:   // int64
        case 11:  // double
        case 13:  // uint64
        case 14:  // complex64
            return 8;
        case 15:  // complex128
            return 16;
        default:
            return std::nullopt;
    }
}

class OnnxCheck {
public:
    void model(std::string_view bytes) { graph(onnx_graph(bytes), 0); }

private:
    [[noreturn]] static void refuse(const std::string& what, std::string_view name,
                                    const std::string& why) {
        throw InputError(what + " \"" + printable(name, limits::quoted_bytes) + "\" " + why);
    }

    void count_part() {
        if (++parts_ > limits::onnx_parts)
            throw InputError("the graph has more than " + std::to_string(limits::onnx_parts) +
                             " parts");
    }

    void graph(std::string_view bytes, int level) {
        if (level > most_levels)
            throw InputError("graphs are nested deeper than " + std::to_string(most_levels) +
                             " levels");
        OnnxMessage fields(bytes);
        for (OnnxField field; fields.next(field);) {
            count_part();
            if (field.tag == 1) node(field.bytes, level);
            if (field.tag == 5) tensor(field.bytes);  // initializer
            if (field.tag == 15)
                throw InputError("the graph has sparse tensors, which are not read");
            if (field.tag == 11 || field.tag == 12 || field.tag == 13) value_info(field.bytes);
        }
    }

    void node(std::string_view bytes, int level) {
        OnnxMessage fields(bytes);
        for (OnnxField field; fields.next(field);) {
            if (field.tag != 5) continue;  // attribute
            OnnxMessage attribute(field.bytes);
            for (OnnxField part; attribute.next(part);) {
                if (part.tag == 5 || part.tag == 10) {
                    count_part();
                    tensor(part.bytes);
                }
                if (part.tag == 6 || part.tag == 11) graph(part.bytes, level + 1);
            }
        }
    }

    /// Multiplies sizes. @return false if that is no number of values that a tensor may have
    static bool grows(std::int64_t& count, std::int64_t size) {
        return size >= 0 && !__builtin_mul_overflow(count, size, &count) &&
               count <= limits::onnx_values;
    }

    /// Declared of an input, an output or something between.
    static void value_info(std::string_view bytes) {
        const auto type = onnx_bytes(onnx_bytes(bytes, 2), 1);  // type, tensor_type
        std::int64_t count = 1;
        OnnxMessage dimensions(onnx_bytes(type, 2));  // shape
        for (OnnxField dimension; dimensions.next(dimension);) {
            OnnxMessage parts(dimension.bytes);
            for (OnnxField part; parts.next(part);)  // dim_value; 0 and -1 leave it open
                if (part.tag == 1 && part.number != 0 &&
                    part.number != std::numeric_limits<std::uint64_t>::max() &&
                    !grows(count, static_cast<std::int64_t>(part.number)))
                    refuse("value", onnx_bytes(bytes, 1), "has a shape that no network has");
        }
    }

    /// Values of a repeated field: packed, or one by one.
    static std::uint64_t values_in(const OnnxField& field) {
        if (field.bytes.empty()) return 1;
        std::uint64_t count = 0;
        switch (field.tag) {
            case 4:  // float_data
                return field.bytes.size() % 4 == 0 ? field.bytes.size() / 4 : 0;
            case 10:  // double_data
                return field.bytes.size() % 8 == 0 ? field.bytes.size() / 8 : 0;
            case 6:  // string_data
                return 1;
            default:
                for (OnnxMessage packed(field.bytes); !packed.done(); ++count)
                    (void)packed.varint();
                return count;
        }
    }

    static void tensor(std::string_view bytes) {
        const auto name = onnx_bytes(bytes, 8);
        std::int64_t count = 1;
        std::uint64_t type = 0, typed_values = 0;
        std::optional<std::uint64_t> raw_bytes;
        const auto take_size = [&](std::uint64_t size) {
            if (!grows(count, static_cast<std::int64_t>(size)))
                refuse("tensor", name, "has a shape that no network has");
        };
        OnnxMessage fields(bytes);
        for (OnnxField field; fields.next(field);) {
            if (field.tag == 1 && field.bytes.empty()) take_size(field.number);
            if (field.tag == 1)
                for (OnnxMessage packed(field.bytes); !packed.done();) take_size(packed.varint());
            if (field.tag == 2) type = field.number;
            if (field.tag == 3) refuse("tensor", name, "is a segment of a larger one");
            if (field.tag == 4 || field.tag == 5 || field.tag == 6 || field.tag == 7 ||
                field.tag == 10 || field.tag == 11)
                typed_values += values_in(field);
            if (field.tag == 9) raw_bytes = field.bytes.size();
            if (field.tag == 13 || (field.tag == 14 && field.number != 0))
                refuse("tensor", name,
                       "lies in another file (external data); only what the model's own file "
                       "holds is read");
        }
        const auto wanted = static_cast<std::uint64_t>(count);
        const auto each = value_bytes(type);
        if (!each && type != 8)  // text
            refuse("tensor", name, "is of the unknown type " + std::to_string(type));
        if (raw_bytes && *raw_bytes > 0) {
            if (!each || *raw_bytes != wanted * *each || typed_values > 0)
                refuse("tensor", name,
                       "has " + std::to_string(*raw_bytes) +
                           " bytes of raw_data, its shape needs " +
                           std::to_string(wanted * each.value_or(0)));
            return;
        }
        // A complex number is two values.
        const std::uint64_t per_value = type == 14 || type == 15 ? 2 : 1;
        if (typed_values != wanted * per_value)
            refuse("tensor", name,
                   "has " + std::to_string(typed_values) + " values, its shape needs " +
                       std::to_string(wanted * per_value));
    }

    std::size_t parts_ = 0;
};

}  // namespace

void check_onnx(std::string_view model) { OnnxCheck().model(model); }

}  // namespace ekya
