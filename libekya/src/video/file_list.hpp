// Lists of files in FFmpeg's format (ffconcat).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ffmpeg.hpp"
#include "open_policy.hpp"

namespace ekya {

/// The list that is the policy's source, written anew for FFmpeg, which checks too little: paths
/// are absolute, each file may be opened, and there are no directives but file, duration, inpoint
/// and outpoint ("option" would put the protocols anew that may be used).
/// @throws InputError naming the line and what is wrong with it, without the list's name
[[nodiscard]] std::string checked_file_list(const OpenPolicy& policy);

/// FFmpeg's way to read a text.
class TextReader {
public:
    explicit TextReader(std::string text);
    TextReader(const TextReader&) = delete;  // FFmpeg holds its address
    TextReader& operator=(const TextReader&) = delete;
    [[nodiscard]] AVIOContext* io() const { return io_.get(); }

private:
    static int read(void* self, std::uint8_t* buffer, int size);

    std::string text_;
    std::string_view rest_;
    ffmpeg::Owned<AVIOContext> io_;
};

}  // namespace ekya
