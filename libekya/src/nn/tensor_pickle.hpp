// What PyTorch's pickles say about tensors.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ekya {

/// A value of a pickle. Nothing in a pickle is run: a name of a class or function is a name.
struct PickleValue {
    using Pointer = std::shared_ptr<const PickleValue>;
    using Sequence = std::vector<Pointer>;                        ///< a tuple or a list
    using Dictionary = std::vector<std::pair<Pointer, Pointer>>;  ///< also an object's attributes
    struct Global {
        std::string name;  ///< "module.name"
    };
    /// A part of a storage, a member of the archive.
    struct Tensor {
        std::string type;     ///< "FloatStorage" and the like
        std::string storage;  ///< its key
        std::int64_t offset = 0;
        std::vector<std::int64_t> sizes, strides;
    };
    struct Storage {
        std::string type, key;
        std::int64_t count = 0;
    };
    /// Something that is neither a tensor nor made of any, of a TorchScript module.
    struct Unread {};

    std::variant<std::monostate, bool, std::int64_t, double, std::string, Sequence, Dictionary,
                 Global, Storage, Tensor, Unread>
        value;
    int levels = 0;  ///< of values inside it
};

/// What else than tensors, numbers, text and containers of them a pickle may have.
enum class PickleContent {
    tensors,  ///< nothing
    script,   ///< objects of TorchScript classes, of which the attributes are read
};

/// @throws InputError if it is damaged, nested deeper than limits::weights_levels, or names a class
/// or function that does not make tensors
[[nodiscard]] PickleValue::Pointer read_pickle(std::string_view pickle, PickleContent content);

}  // namespace ekya
