#include "ekya/core/onnx_message.hpp"

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

[[noreturn]] void refuse() {
    throw InputError("not an ONNX model: the file is damaged or of another format");
}

}  // namespace

bool OnnxMessage::next(OnnxField& field) {
    if (rest_.empty()) return false;
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
    if (field.tag == 0) refuse();
    return true;
}

std::uint64_t OnnxMessage::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(take(1).front());
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    refuse();
}

std::string_view OnnxMessage::take(std::uint64_t count) {
    if (count > rest_.size()) refuse();
    const auto bytes = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return bytes;
}

std::string_view onnx_bytes(std::string_view message, std::uint64_t tag) {
    std::string_view found;
    OnnxMessage fields(message);
    for (OnnxField field; fields.next(field);)
        if (field.tag == tag) found = field.bytes;
    return found;
}

std::string_view onnx_graph(std::string_view model) {
    const auto graph = onnx_bytes(model, 7);
    if (graph.empty()) refuse();
    return graph;
}

}  // namespace ekya
