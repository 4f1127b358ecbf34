#include "ffmpeg.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya::ffmpeg {
namespace {

std::string& logged_error() {
    thread_local std::string text;
    return text;
}

std::string& redirection() {
    thread_local std::string url;
    return url;
}

int& lost_packets() {
    thread_local int count = 0;
    return count;
}

void remember_target(std::string_view url) {
    try {
        redirection() = url;
    } catch (const std::bad_alloc&) {
        redirection() = "unknown:";  // fits without memory, and leads nowhere that may be opened
    }
}

/// @param line  of the answer of an HTTP server
void remember_redirection(std::string_view line) {
    constexpr std::string_view name = "location:";
    if (line.size() < name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0)
        return;
    line.remove_prefix(name.size());
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    remember_target(line);
}

/// @throws std::bad_alloc
void remember_message(int level, const char* format, va_list arguments) {
    // FFmpeg tells nobody else: what is lost between two pictures leaves no trace in the pictures.
    if (std::strcmp(format, "RTP: missed %d packets\n") == 0) {
        lost_packets() += va_arg(arguments, int);
        return;
    }
    // Nor does FFmpeg ask anybody whether it may follow a redirection.
    if (std::strcmp(format, "header='%s'\n") == 0) {
        remember_redirection(va_arg(arguments, const char*));
        return;
    }
    if (std::strcmp(format, "Status %d: Redirecting to %s\n") == 0) {
        (void)va_arg(arguments, int);
        remember_target(va_arg(arguments, const char*));
        return;
    }
    if (level > AV_LOG_ERROR) {
        return;
    }
    std::array<char, 1024> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string text = line.data();
    // What follows is the list itself, which says nothing to those who did not write it.
    constexpr std::string_view before_list = " whitelist";
    if (const auto found = text.find(before_list); found != std::string::npos)
        text.erase(found + before_list.size());
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '.')) {
        text.pop_back();
    }
    if (!text.empty()) {
        logged_error() = std::move(text);
    }
}

/// For av_log_set_callback(): nothing may be thrown through FFmpeg, which frees nothing then.
void remember(void* /*source*/, int level, const char* format, va_list arguments) noexcept {
    try {
        remember_message(level, format, arguments);
    } catch (const std::bad_alloc&) {  // the message is lost; the code says what failed
    }
}

}  // namespace

std::string error_text(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
}

void set_up() {
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(remember);
        av_max_alloc(limits::ffmpeg_block_bytes);
        avdevice_register_all();
        avformat_network_init();
    });
}

std::string take_logged_error() {
    // Servers and files have a say in it: reason phrases, names of codecs, URLs.
    return printable(without_secrets(std::exchange(logged_error(), {})), limits::quoted_bytes);
}

std::string take_redirection() { return std::exchange(redirection(), {}); }

int take_lost_packets() { return std::exchange(lost_packets(), 0); }

std::string reason(int code) {
    const std::string logged = take_logged_error();
    return logged.empty() ? error_text(code) : error_text(code) + " (" + logged + ")";
}

}  // namespace ekya::ffmpeg
