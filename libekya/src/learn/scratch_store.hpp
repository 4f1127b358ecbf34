#pragma once
#include <filesystem>
#include <string>

#include "ekya/store/store.hpp"

namespace ekya {

/// A store for models that nobody shall keep: it sees one stream's windows and the models it is
/// given, and what is trained in it goes with it.
class ScratchStore {
public:
    /// @param store outlives this one
    /// @throws SystemError if the directory cannot be made
    ScratchStore(const Store& store, const std::string& stream);
    ~ScratchStore();
    ScratchStore(const ScratchStore&) = delete;
    ScratchStore& operator=(const ScratchStore&) = delete;

    /// @throws InputError if the model is not stored, SystemError if it cannot be linked
    void add_model(const std::string& stream, const std::string& model);
    [[nodiscard]] const Store& store() const { return store_; }

private:
    const Store& original_;
    std::filesystem::path root_;
    Store store_;
};

}  // namespace ekya
