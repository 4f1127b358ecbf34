#include "tensor_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "tensor_pickle.hpp"
#include "torch_error.hpp"
#include "zip_archive.hpp"

namespace ekya {
namespace {

torch::ScalarType scalar_type(std::string_view storage) {
    constexpr std::array<std::pair<std::string_view, torch::ScalarType>, 9> types{
        {{"FloatStorage", torch::kFloat32},
         {"DoubleStorage", torch::kFloat64},
         {"HalfStorage", torch::kFloat16},
         {"BFloat16Storage", torch::kBFloat16},
         {"LongStorage", torch::kInt64},
         {"IntStorage", torch::kInt32},
         {"ShortStorage", torch::kInt16},
         {"CharStorage", torch::kInt8},
         {"ByteStorage", torch::kUInt8}}};
    const auto* const found =
        std::ranges::find(types, storage, &decltype(types)::value_type::first);
    if (found == types.end())
        throw InputError("tensors of type " + printable(storage, limits::quoted_bytes) +
                         " are not read");
    return found->second;
}

/// Makes the tensors of an archive. Tensors of one storage share its memory.
class TensorMaker {
public:
    explicit TensorMaker(const ZipArchive& archive) : archive_(archive) {}

    torch::Tensor make(const PickleValue::Tensor& tensor) {
        const auto& storage = storage_of(tensor);
        check(tensor, storage.numel());
        return storage.as_strided(tensor.sizes, tensor.strides, tensor.offset);
    }

private:
    const torch::Tensor& storage_of(const PickleValue::Tensor& tensor) {
        const auto type = scalar_type(tensor.type);
        const auto [place, is_new] = storages_.try_emplace({tensor.storage, tensor.type});
        if (is_new) {
            const auto bytes = archive_.member("data/" + tensor.storage);
            const auto size = torch::elementSize(type);
            if (bytes.size() % size != 0)
                throw InputError("storage " + printable(tensor.storage, limits::quoted_bytes) +
                                 ": has " + std::to_string(bytes.size()) +
                                 " bytes, which are no whole numbers");
            place->second = torch::empty({static_cast<std::int64_t>(bytes.size() / size)}, type);
            if (!bytes.empty()) std::memcpy(place->second.data_ptr(), bytes.data(), bytes.size());
        }
        return place->second;
    }

    /// No dimension repeats values of the storage, so a tensor is never larger than its file.
    static void check(const PickleValue::Tensor& tensor, std::int64_t stored) {
        const auto refuse = [&](const std::string& why) {
            throw InputError("a tensor of storage " +
                             printable(tensor.storage, limits::quoted_bytes) + " " + why);
        };
        if (tensor.sizes.size() != tensor.strides.size() || tensor.sizes.size() > 16)
            refuse("has a damaged shape");
        std::int64_t count = 1, last = tensor.offset;
        if (tensor.offset < 0) refuse("begins before its storage");
        for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
            const auto size = tensor.sizes[i], stride = tensor.strides[i];
            if (size < 0 || stride < 0 || __builtin_mul_overflow(count, size, &count))
                refuse("has a damaged shape");
            std::int64_t way = 0;
            if (size > 0 && (__builtin_mul_overflow(size - 1, stride, &way) ||
                             __builtin_add_overflow(last, way, &last)))
                refuse("has a damaged shape");
        }
        if (tensor.offset > stored || (count > 0 && last >= stored) || count > stored)
            refuse("has " + std::to_string(count) + " values and ends at " + std::to_string(last) +
                   ", " + std::to_string(stored) + " are stored");
    }

    const ZipArchive& archive_;
    std::map<std::pair<std::string, std::string>, torch::Tensor> storages_;  // by key and type
};

const std::string& name_of(const PickleValue::Pointer& key) {
    const auto* const name = std::get_if<std::string>(&key->value);
    if (name == nullptr) throw InputError("holds something else than named tensors");
    return *name;
}

const PickleValue::Dictionary& dictionary_of(const PickleValue::Pointer& value) {
    const auto* const dictionary = std::get_if<PickleValue::Dictionary>(&value->value);
    if (dictionary == nullptr) throw InputError("holds no dictionary of tensors");
    return *dictionary;
}

void insert(NamedTensors& tensors, const std::string& name, torch::Tensor tensor) {
    if (tensors.size() >= limits::weights_tensors)
        throw InputError("holds more than " + std::to_string(limits::weights_tensors) + " tensors");
    if (!tensors.insert(name, std::move(tensor)).second)
        throw InputError("holds two tensors " + printable(name, limits::quoted_bytes));
}

/// Modules may be shared, so that a small file names very many tensors: `insert` counts them, and
/// `steps` the modules without any.
void insert_module(NamedTensors& tensors, const std::string& prefix,
                   const PickleValue::Dictionary& module, TensorMaker& maker, std::size_t& steps) {
    for (const auto& [key, value] : module) {
        if (++steps > 10 * limits::weights_tensors) throw InputError("holds too many modules");
        if (const auto* const tensor = std::get_if<PickleValue::Tensor>(&value->value))
            insert(tensors, prefix + name_of(key), maker.make(*tensor));
        else if (const auto* const inner = std::get_if<PickleValue::Dictionary>(&value->value))
            insert_module(tensors, prefix + name_of(key) + ".", *inner, maker, steps);
    }
}

}  // namespace

NamedTensors tensors_of(std::string_view bytes) {
    const ZipArchive archive(bytes);
    if (archive.contains("byteorder") && archive.member("byteorder") != "little")
        throw InputError("holds numbers in another byte order than little-endian");
    const bool script = archive.contains("constants.pkl");
    const auto value = read_pickle(archive.member("data.pkl"),
                                   script ? PickleContent::script : PickleContent::tensors);
    NamedTensors tensors;
    TensorMaker maker(archive);
    std::size_t steps = 0;
    if (script)
        insert_module(tensors, "", dictionary_of(value), maker, steps);
    else
        for (const auto& [key, entry] : dictionary_of(value)) {
            const auto* const tensor = std::get_if<PickleValue::Tensor>(&entry->value);
            if (tensor == nullptr) throw InputError("holds something else than named tensors");
            insert(tensors, name_of(key), maker.make(*tensor));
        }
    return tensors;
}

NamedTensors read_tensors(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    if (!bytes.starts_with("PK"))
        throw InputError(path.string() + ": not a weights file (" + std::to_string(bytes.size()) +
                         " bytes, no zip archive); expected a PyTorch state dictionary");
    try {
        return tensors_of(bytes);
    } catch (const std::exception& error) {
        const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
        throw InputError(path.string() + ": damaged or no weights file: " +
                         first_line(torch_error ? torch_error->msg() : error.what()));
    }
}

void write_tensors(const NamedTensors& tensors, const std::filesystem::path& path) {
    const torch::NoGradGuard no_grad;
    c10::impl::GenericDict dictionary(c10::StringType::get(), c10::TensorType::get());
    for (const auto& entry : tensors)
        dictionary.insert(entry.key(), entry.value().detach().cpu().contiguous().clone());
    const auto bytes = torch::pickle_save(dictionary);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw SystemError(path.string() + ": cannot be written: " + std::strerror(errno));
}

}  // namespace ekya
