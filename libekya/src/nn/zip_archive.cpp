#include "zip_archive.hpp"

#include <array>
#include <cstdint>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

// Numbers and offsets below are those of PKWARE's APPNOTE.TXT.

[[noreturn]] void refuse(const std::string& why) { throw InputError("zip archive: " + why); }

std::string_view part(std::string_view bytes, std::uint64_t offset, std::uint64_t count) {
    if (offset > bytes.size() || count > bytes.size() - offset) refuse("is cut off");
    return bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
}

/// A little-endian number of `count` bytes.
std::uint64_t number(std::string_view bytes, std::uint64_t offset, std::uint64_t count) {
    std::uint64_t value = 0;
    const auto digits = part(bytes, offset, count);
    for (std::size_t i = digits.size(); i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
}

bool stands_at(std::string_view bytes, std::uint64_t offset, std::string_view signature) {
    return part(bytes, offset, signature.size()) == signature;
}

std::uint32_t crc32(std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> values{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
            values[i] = value;
        }
        return values;
    }();
    std::uint32_t crc = ~std::uint32_t{0};
    for (const char c : bytes)
        crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

constexpr std::uint64_t in_zip64 = 0xffffffff;

struct Directory {
    std::uint64_t entries, offset;
};

/// From the record at the end of the archive, which may have a comment of 64 KB behind it.
Directory find_directory(std::string_view bytes) {
    const auto end = bytes.rfind("PK\x05\x06");
    if (end == std::string_view::npos || bytes.size() - end > 22 + 65535)
        refuse("has no directory at its end");
    (void)part(bytes, end, 22);
    Directory found{number(bytes, end + 10, 2), number(bytes, end + 16, 4)};
    if (end < 20 || !stands_at(bytes, end - 20, "PK\x06\x07")) return found;
    const auto zip64 = number(bytes, end - 20 + 8, 8);
    if (!stands_at(bytes, zip64, "PK\x06\x06")) refuse("has a damaged directory");
    return {number(bytes, zip64 + 32, 8), number(bytes, zip64 + 48, 8)};
}

struct Entry {
    std::string_view name;
    std::uint64_t method, crc, compressed, size, offset;  ///< offset of the local header
    std::uint64_t bytes;                                  ///< of the entry itself
};

/// The 64-bit numbers stand in an extra field, in this order, each only if its 32-bit one is full.
void read_zip64(std::string_view extra, Entry& entry) {
    while (!extra.empty()) {
        const auto id = number(extra, 0, 2), size = number(extra, 2, 2);
        if (id == 1) {
            std::uint64_t at = 4;
            for (auto* value : {&entry.size, &entry.compressed, &entry.offset}) {
                if (*value != in_zip64) continue;
                *value = number(part(extra, 0, 4 + size), at, 8);
                at += 8;
            }
        }
        extra = extra.substr(part(extra, 0, 4 + size).size());
    }
}

Entry read_entry(std::string_view bytes, std::uint64_t at) {
    if (!stands_at(bytes, at, "PK\x01\x02")) refuse("has a damaged directory");
    const auto name = number(bytes, at + 28, 2), extra = number(bytes, at + 30, 2),
               comment = number(bytes, at + 32, 2);
    Entry entry{part(bytes, at + 46, name), number(bytes, at + 10, 2), number(bytes, at + 16, 4),
                number(bytes, at + 20, 4),  number(bytes, at + 24, 4), number(bytes, at + 42, 4),
                46 + name + extra + comment};
    read_zip64(part(bytes, at + 46 + name, extra), entry);
    return entry;
}

std::string_view content_of(std::string_view bytes, const Entry& entry) {
    if (!stands_at(bytes, entry.offset, "PK\x03\x04"))
        refuse("member " + printable(entry.name, limits::quoted_bytes) + " has no header");
    const auto skipped =
        30 + number(bytes, entry.offset + 26, 2) + number(bytes, entry.offset + 28, 2);
    (void)part(bytes, entry.offset, skipped);
    return part(bytes, entry.offset + skipped, entry.compressed);
}

}  // namespace

ZipArchive::ZipArchive(std::string_view bytes) {
    const auto directory = find_directory(bytes);
    if (directory.entries > limits::weights_tensors)
        refuse("has " + std::to_string(directory.entries) + " members, at most " +
               std::to_string(limits::weights_tensors) + " are read");
    std::uint64_t at = directory.offset, sum = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        const auto entry = read_entry(bytes, at);
        at += entry.bytes;
        const auto content = content_of(bytes, entry);
        sum += content.size();
        if (sum > bytes.size()) refuse("has members that overlap");
        const auto name = entry.name.substr(entry.name.find('/') + 1);
        const Member member{content, static_cast<std::uint32_t>(entry.crc),
                            entry.method != 0 || entry.compressed != entry.size};
        if (!members_.emplace(name, member).second)
            refuse("has two members " + printable(name, limits::quoted_bytes));
    }
}

std::string_view ZipArchive::member(const std::string& name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) refuse("has no member " + printable(name, limits::quoted_bytes));
    if (found->second.compressed)
        refuse("member " + printable(name, limits::quoted_bytes) +
               " is compressed; weights are stored as they are");
    if (crc32(found->second.bytes) != found->second.crc)
        refuse("member " + printable(name, limits::quoted_bytes) + " is damaged: wrong CRC-32");
    return found->second.bytes;
}

}  // namespace ekya
