#pragma once
#include <filesystem>
#include <string>

#include "ekya/store/store.hpp"

namespace ekya {

/// A store for models that nobody shall keep: it sees one stream's windows and one of its models, and what is trained in
/// it goes with it.
class ScratchStore {
public:
    /// @throws InputError if the model is not stored, SystemError if the directory cannot be made
    ScratchStore(const Store& store, const std::string& stream, const std::string& model);
    ~ScratchStore();
    ScratchStore(const ScratchStore&) = delete;
    ScratchStore& operator=(const ScratchStore&) = delete;

    [[nodiscard]] const Store& store() const { return store_; }

private:
    std::filesystem::path root_;
    Store store_;
};

}  // namespace ekya
