#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "ekya/core/errors.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

std::string sha256_of(const std::filesystem::path& file) {
    // Opening a pipe without O_NONBLOCK waits for its writer.
    const int opened = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (opened < 0) throw InputError(file.string() + ": cannot open: " + std::strerror(errno));
    struct Closed {
        int descriptor;
        ~Closed() { ::close(descriptor); }
    } const in{opened};
    struct stat found {};
    if (::fstat(in.descriptor, &found) != 0 || !S_ISREG(found.st_mode))
        throw InputError(file.string() + ": is no file");
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                         &EVP_MD_CTX_free);
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    std::array<char, 65536> block;
    while (true) {
        const ssize_t got = ::read(in.descriptor, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw InputError(file.string() + ": cannot read: " + std::strerror(errno));
        if (got == 0) break;
        EVP_DigestUpdate(digest.get(), block.data(), static_cast<std::size_t>(got));
    }
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
