#include "scratch_store.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace fs = std::filesystem;

namespace {

/// Of this host's processes only: others cannot be asked whether they live.
std::string prefix_of(const std::string& stream) {
    char host[256] = "";
    (void)::gethostname(host, sizeof host - 1);
    return ".scratch-" + stream + "@" + host + ".";
}

/// What killed processes have left.
void sweep(const fs::path& root, const std::string& prefix) {
    std::error_code code;
    for (fs::directory_iterator entry(root, code), end; !code && entry != end;
         entry.increment(code)) {
        const auto name = entry->path().filename().string();
        if (!name.starts_with(prefix)) continue;
        pid_t pid = 0;
        const char* const last = name.data() + name.size();
        const auto [stopped, error] = std::from_chars(name.data() + prefix.size(), last, pid);
        if (error != std::errc() || stopped != last || pid <= 0) continue;
        if (::kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry->path(), code);
    }
}

/// Hard links: nothing is copied, and symbolic ones that lead out of a store are not followed.
void link(const fs::path& to, const fs::path& from) {
    std::error_code code;
    fs::create_directories(from.parent_path(), code);
    if (!code)
        fs::copy(to, from, fs::copy_options::recursive | fs::copy_options::create_hard_links, code);
    if (code)
        throw SystemError(from.string() + ": cannot make the scratch store: " + code.message());
}

}  // namespace

ScratchStore::ScratchStore(const Store& store, const std::string& stream)
    : original_(store),
      root_(store.root() / (prefix_of(stream) + std::to_string(::getpid()))),
      store_(root_) {
    sweep(store.root(), prefix_of(stream));
    std::error_code code;
    fs::remove_all(root_, code);
    link(store.window_directory(stream, 0).parent_path(),
         store_.window_directory(stream, 0).parent_path());
}

void ScratchStore::add_model(const std::string& stream, const std::string& model) {
    (void)original_.model(stream, model);  // missing or damaged: said before anything is made
    const auto from = store_.model_directory(stream, model);
    if (!fs::exists(from)) link(original_.model_directory(stream, model), from);
}

ScratchStore::~ScratchStore() {
    std::error_code code;
    fs::remove_all(root_, code);
}

}  // namespace ekya
