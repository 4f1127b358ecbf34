#include "scratch_store.hpp"

#include <unistd.h>

#include <system_error>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace fs = std::filesystem;

ScratchStore::ScratchStore(const Store& store, const std::string& stream, const std::string& model)
    : root_(store.root() / (".scratch-" + stream + "." + std::to_string(::getpid()))), store_(root_) {
    (void)store.model(stream, model);   // missing or damaged: said before anything is made
    std::error_code code;
    fs::remove_all(root_, code);
    const auto models = store_.model_directory(stream, model).parent_path();
    fs::create_directories(models, code);
    const auto link = [&](const fs::path& to, const fs::path& from) {
        if (!code) fs::create_directory_symlink(fs::absolute(to), from, code);
    };
    link(store.window_directory(stream, 0).parent_path(), store_.window_directory(stream, 0).parent_path());
    link(store.model_directory(stream, model), store_.model_directory(stream, model));
    if (code) throw SystemError(root_.string() + ": cannot make the scratch store: " + code.message());
}

ScratchStore::~ScratchStore() {
    std::error_code code;
    fs::remove_all(root_, code);   // links themselves, not what they lead to
}

}  // namespace ekya
