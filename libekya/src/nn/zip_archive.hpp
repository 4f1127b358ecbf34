// The zip archives that weights are kept in.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ekya {

/// The members of a zip archive in memory, as PyTorch writes it: all stand in one directory, and
/// tensors are stored as they are. What is compressed, as source code in TorchScript is, is never
/// inflated. Nothing is copied.
class ZipArchive {
public:
    /// @throws InputError if it is damaged, if a member lies outside the bytes, or if members
    /// overlap, so that together they are larger than the archive
    explicit ZipArchive(std::string_view bytes);

    [[nodiscard]] bool contains(const std::string& name) const { return members_.contains(name); }
    /// @param name  without the directory that all have in common
    /// @throws InputError if it is missing, is compressed, or if its CRC-32 is another one
    [[nodiscard]] std::string_view member(const std::string& name) const;

private:
    struct Member {
        std::string_view bytes;
        std::uint32_t crc = 0;
        bool compressed = false;
    };
    std::map<std::string, Member> members_;
};

}  // namespace ekya
