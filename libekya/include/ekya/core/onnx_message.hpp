// ONNX files are protocol buffers, which are read here one field at a time.
#pragma once
#include <cstdint>
#include <string_view>

namespace ekya {

/// One field of a message: a number, or bytes that may be a message themselves.
struct OnnxField {
    std::uint64_t tag = 0;
    std::uint64_t number = 0;
    std::string_view bytes;
};

/// Goes through the fields of a message; its bytes must outlive it.
class OnnxMessage {
public:
    explicit OnnxMessage(std::string_view bytes) : rest_(bytes) {}
    /// @return false behind the last   @throws InputError for bytes that are no protocol buffer
    bool next(OnnxField& field);
    [[nodiscard]] bool done() const { return rest_.empty(); }
    /// The next number of a list that is packed, which has no fields. @throws InputError
    std::uint64_t varint();

private:
    std::string_view take(std::uint64_t count);

    std::string_view rest_;
};

/// Bytes of the last field with this tag; none without any. @throws InputError
[[nodiscard]] std::string_view onnx_bytes(std::string_view message, std::uint64_t tag);

/// The graph of a model. @param model the bytes of an ONNX file
/// @throws InputError if they are not one
[[nodiscard]] std::string_view onnx_graph(std::string_view model);

}  // namespace ekya
