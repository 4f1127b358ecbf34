#include "inside.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace fs = std::filesystem;

bool leads_out(const fs::path& root, const fs::path& path) {
    std::error_code code;
    const auto base = fs::canonical(root, code);
    if (code) return false;
    const auto real = fs::canonical(path, code);
    if (code) return false;
    return std::mismatch(base.begin(), base.end(), real.begin(), real.end()).first != base.end();
}

void require_inside(const fs::path& root, const fs::path& path) {
    if (!leads_out(root, path)) return;
    std::error_code code;
    throw InputError(path.string() + ": a symbolic link leads out of the store, to " +
                     fs::canonical(path, code).string() + "; it is not followed");
}

}  // namespace ekya
