#include "ffmpeg.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <utility>

namespace ekya::ffmpeg {
namespace {

std::string& logged_error() {
    thread_local std::string text;
    return text;
}

int& lost_packets() {
    thread_local int count = 0;
    return count;
}

void remember(void* /*source*/, int level, const char* format, va_list arguments) {
    // FFmpeg tells nobody else: what is lost between two pictures leaves no trace in the pictures.
    if (std::strcmp(format, "RTP: missed %d packets\n") == 0) {
        lost_packets() += va_arg(arguments, int);
        return;
    }
    if (level > AV_LOG_ERROR) {
        return;
    }
    std::array<char, 256> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string text = line.data();
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '.')) {
        text.pop_back();
    }
    if (!text.empty()) {
        logged_error() = std::move(text);
    }
}

}  // namespace

std::string error_text(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
}

void capture_log() {
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(remember);
        avdevice_register_all();
        avformat_network_init();
    });
}

std::string take_logged_error() { return std::exchange(logged_error(), {}); }

int take_lost_packets() { return std::exchange(lost_packets(), 0); }

std::string reason(int code) {
    const std::string logged = take_logged_error();
    return logged.empty() ? error_text(code) : error_text(code) + " (" + logged + ")";
}

}  // namespace ekya::ffmpeg
