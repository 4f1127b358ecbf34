#include "tensor_file.hpp"

#include <caffe2/serialize/in_memory_adapter.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/unpickler.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "torch_error.hpp"

namespace ekya {
namespace {

using Archive = caffe2::serialize::PyTorchStreamReader;

NamedTensors tensors_of_script(const std::filesystem::path& path) {
    const auto module = torch::jit::load(path.string(), torch::kCPU);
    NamedTensors tensors;
    for (const auto& entry : module.named_parameters())
        tensors.insert(entry.name, entry.value.detach());
    for (const auto& entry : module.named_buffers())
        tensors.insert(entry.name, entry.value.detach());
    return tensors;
}

using namespace std::string_view_literals;
constexpr auto ordered_head =
    "\x80\x02"
    "ccollections\nOrderedDict\nq\0)Rq\1"sv;  ///< makes an OrderedDict and keeps it as number 1

/// Where the items of a pickled OrderedDict end: before its attribute `_metadata`, or at the end.
std::size_t end_of_items(std::string_view pickle) {
    const auto name = pickle.rfind("X\x09\0\0\0_metadata"sv);  // a string of nine characters
    if (name == std::string_view::npos) return pickle.size() - 1;
    // In front of it stand an empty dictionary, "}", and where that is kept, "q" and one byte or
    // "r" and four.
    for (const auto& [length, operation] : {std::pair<std::size_t, char>{2, 'q'}, {5, 'r'}})
        if (name > length && pickle[name - length] == operation && pickle[name - length - 1] == '}')
            return name - length - 1;
    return pickle.size() - 1;
}

/// state_dict() gives an OrderedDict with attributes. libtorch reads OrderedDict as None and does
/// not know how attributes are pickled, so the same items are written down as (None, dictionary);
/// None stays, since tensors refer to the class.
std::string plain_dictionary(std::string_view pickle) {
    std::string result(
        "\x80\x02"
        "(ccollections\nOrderedDict\nq\0)R}q\1"sv);
    result += pickle.substr(ordered_head.size(), end_of_items(pickle) - ordered_head.size());
    return result + "t.";
}

torch::IValue unpickled(Archive& archive) {
    const auto [data, size] = archive.getRecord("data.pkl");
    std::string pickle(static_cast<const char*>(data.get()), size);
    const bool ordered = pickle.starts_with(ordered_head);
    if (ordered) pickle = plain_dictionary(pickle);
    std::size_t position = 0;
    const auto read = [&](char* to, std::size_t wanted) {
        const std::size_t count = std::min(wanted, pickle.size() - position);
        std::copy_n(pickle.data() + position, count, to);
        position += count;
        return count;
    };
    const auto storage = [&](const std::string& name) {
        return std::get<0>(archive.getRecord("data/" + name));
    };
    torch::jit::Unpickler unpickler(read, nullptr, nullptr, storage, torch::Device(torch::kCPU));
    unpickler.set_version(archive.version());
    auto value = unpickler.parse_ivalue();
    return ordered ? value.toTupleRef().elements().at(1) : value;
}

}  // namespace

NamedTensors read_tensors(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    if (!bytes.starts_with("PK"))
        throw InputError(path.string() + ": not a weights file (" + std::to_string(bytes.size()) +
                         " bytes, no zip archive); expected a PyTorch state dictionary");
    NamedTensors tensors;
    try {
        Archive archive(std::make_shared<caffe2::serialize::MemoryReadAdapter>(
            bytes.data(), static_cast<off_t>(bytes.size())));
        if (archive.hasRecord("constants.pkl")) return tensors_of_script(path);
        const auto value = unpickled(archive);
        if (!value.isGenericDict())
            throw InputError(path.string() + ": holds no dictionary of tensors");
        for (const auto& entry : value.toGenericDict()) {
            if (!entry.key().isString() || !entry.value().isTensor())
                throw InputError(path.string() + ": holds something else than named tensors");
            tensors.insert(entry.key().toStringRef(), entry.value().toTensor());
        }
    } catch (const std::exception& error) {
        rethrow_as_input_error(error, path.string() + ": damaged or no weights file");
    }
    return tensors;
}

}  // namespace ekya
