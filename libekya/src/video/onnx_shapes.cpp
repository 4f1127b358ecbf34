#include "onnx_shapes.hpp"

#include <set>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

[[noreturn]] void refuse() {
    throw InputError("not an ONNX model: the file is damaged or of another format");
}

/// One field of a protocol buffer: a number, or bytes that may be a message themselves.
struct Field {
    std::uint64_t tag = 0;
    std::uint64_t number = 0;
    std::string_view bytes;
};

class Message {
public:
    explicit Message(std::string_view bytes) : rest_(bytes) {}

    bool next(Field& field) {
        if (rest_.empty()) {
            return false;
        }
        const std::uint64_t key = varint();
        field = {key >> 3, 0, {}};
        switch (key & 7) {
            case 0:
                field.number = varint();
                break;
            case 1:
                (void)take(8);
                break;
            case 2:
                field.bytes = take(varint());
                break;
            case 5:
                (void)take(4);
                break;
            default:
                refuse();
        }
        return field.tag != 0 || (refuse(), false);
    }

private:
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1).front());
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        refuse();
    }

    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) {
            refuse();
        }
        const auto bytes = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(static_cast<std::size_t>(count));
        return bytes;
    }

    std::string_view rest_;
};

// Field numbers below are those of onnx.proto3.

std::string_view bytes_of(std::string_view message, std::uint64_t tag) {
    std::string_view found;
    Message fields(message);
    for (Field field; fields.next(field);) {
        found = field.tag == tag ? field.bytes : found;
    }
    return found;
}

OnnxShape shape_of(std::string_view value_info) {
    const auto tensor = bytes_of(bytes_of(value_info, 2), 1);  // type, tensor_type
    OnnxShape shape;
    Message dimensions(bytes_of(tensor, 2));  // shape
    for (Field dimension; dimensions.next(dimension);) {
        std::int64_t size = 0;
        Message parts(dimension.bytes);
        for (Field part; parts.next(part);) {
            size = part.tag == 1 ? static_cast<std::int64_t>(part.number) : size;  // dim_value
        }
        shape.push_back(size);
    }
    return shape;
}

}  // namespace

OnnxShapes onnx_shapes(std::string_view model) {
    const auto graph = bytes_of(model, 7);
    if (graph.empty()) {
        refuse();
    }
    std::set<std::string_view> weights;
    std::vector<std::string_view> inputs;
    OnnxShapes shapes;
    Message fields(graph);
    for (Field field; fields.next(field);) {
        if (field.tag == 5) {  // initializer, its name
            weights.insert(bytes_of(field.bytes, 8));
        } else if (field.tag == 11) {
            inputs.push_back(field.bytes);
        } else if (field.tag == 12) {
            shapes.outputs.push_back(shape_of(field.bytes));
        }
    }
    for (const auto& input : inputs) {
        if (!weights.contains(bytes_of(input, 1))) {
            shapes.inputs.push_back(shape_of(input));
        }
    }
    return shapes;
}

std::string to_string(const OnnxShape& shape) {
    std::string text = "[";
    for (const auto size : shape) {
        text += (text.size() > 1 ? ", " : "") + (size > 0 ? std::to_string(size) : "?");
    }
    return text + "]";
}

}  // namespace ekya
