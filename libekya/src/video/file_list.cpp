#include "file_list.hpp"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/mem.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;
constexpr const char* spaces = " \t\r\n";

/// The next word, without the quotes around it. The words are FFmpeg's, so that it and the check
/// see the same ones.
std::string next_word(const char*& line) {
    char* const word = av_get_token(&line, spaces);
    if (word == nullptr) throw SystemError("out of memory");
    std::string text = word;
    av_free(word);
    line += std::strspn(line, spaces);
    return text;
}

std::string in_quotes(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string shown(const std::string& word) {
    return "\"" + printable(without_secrets(word), limits::quoted_bytes) + "\"";
}

/// What a list names, as FFmpeg is to open it: URLs as they are, paths relative to the list.
std::string target_of(const OpenPolicy& policy, const std::string& name) {
    if (parts_of(name)) return name;
    const auto path = fs::path(name.starts_with("file:") ? name.substr(5) : name);
    return "file:" + fs::absolute(fs::path(policy.source()).parent_path() / path).string();
}

/// FFmpeg knows a list by how it begins. A list in a list is not checked here, and one that names
/// itself is opened over and over.
bool begins_as_list(const fs::path& file) {
    constexpr std::string_view mark = "ffconcat version 1.0";
    std::string begin(mark.size(), '\0');
    return std::ifstream(file, std::ios::binary)
               .read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
           begin == mark;
}

std::string checked_line(const OpenPolicy& policy, const std::string& line) {
    const char* rest = line.c_str();
    const std::string directive = next_word(rest);
    if (directive.empty() || directive.starts_with('#')) return {};
    if (directive == "ffconcat") return "ffconcat version 1.0\n";
    constexpr std::array<std::string_view, 4> known{"file", "duration", "inpoint", "outpoint"};
    if (std::ranges::find(known, directive) == known.end())
        throw InputError(shown(directive) +
                         " is not allowed in a list, expected file, duration, inpoint or outpoint");
    std::string value = next_word(rest);
    if (value.empty() || *rest != '\0') throw InputError("expected one value behind " + directive);
    if (directive != "file") {
        if (value.find_first_not_of("0123456789.:-+mus") != std::string::npos)
            throw InputError(directive + ": " + shown(value) + " is no time");
        return directive + " " + value + "\n";
    }
    value = target_of(policy, value);
    if (const auto why = policy.refusal(value); !why.empty()) throw InputError(why);
    if (value.starts_with("file:")) {
        value = "file:" + fs::canonical(value.substr(5)).string();
        if (begins_as_list(value.substr(5)))
            throw InputError(shown(value) + " is a list itself; a list may name videos only");
    }
    if (value.find_first_of("\r\n") != std::string::npos)
        throw InputError("a file's name has a line's end: " + shown(value));
    return "file " + in_quotes(value) + "\n";
}

}  // namespace

std::string checked_file_list(const OpenPolicy& policy) {
    std::istringstream lines(read_file(policy.source(), limits::playlist_bytes));
    std::string checked;
    int number = 0;
    for (std::string line; std::getline(lines, line);)
        checked += with_context("line " + std::to_string(++number),
                                [&] { return checked_line(policy, line); });
    return checked;
}

TextReader::TextReader(std::string text) : text_(std::move(text)), rest_(text_) {
    constexpr int buffer_bytes = 4096;
    auto* const buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
    io_.reset(
        avio_alloc_context(buffer, buffer_bytes, 0, this, &TextReader::read, nullptr, nullptr));
    if (buffer == nullptr || io_ == nullptr) throw SystemError("out of memory");
}

int TextReader::read(void* self, std::uint8_t* buffer, int size) {
    auto& rest = static_cast<TextReader*>(self)->rest_;
    const auto count = std::min(rest.size(), static_cast<std::size_t>(size));
    std::ranges::copy(rest.substr(0, count), buffer);
    rest.remove_prefix(count);
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
}

}  // namespace ekya
