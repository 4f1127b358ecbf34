#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>

#include "ekya/core/errors.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

std::string sha256_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw InputError(file.string() + ": cannot open");
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                         &EVP_MD_CTX_free);
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    std::array<char, 65536> block;
    while (in.read(block.data(), block.size()) || in.gcount() > 0)
        EVP_DigestUpdate(digest.get(), block.data(), static_cast<std::size_t>(in.gcount()));
    if (in.bad()) throw InputError(file.string() + ": cannot read");
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned length = 0;
    EVP_DigestFinal_ex(digest.get(), bytes.data(), &length);
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

}  // namespace ekya
