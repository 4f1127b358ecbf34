// FFmpeg's C objects with owners, its error codes as text, its log as part of our messages.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace ekya::ffmpeg {

struct Free {
    void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
    void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <typename T> using Owned = std::unique_ptr<T, Free>;

/// FFmpeg's words for one of its error codes.
[[nodiscard]] std::string error_text(int code);

/// Keeps FFmpeg's log off stderr, for the whole process, and remembers each thread's last error.
void capture_log();
/// The last error this thread's FFmpeg calls logged since the call before; empty if none.
[[nodiscard]] std::string take_logged_error();

/// How many RTP packets this thread's FFmpeg calls found missing since the call before.
[[nodiscard]] int take_lost_packets();

/// "error_text (logged error)".
[[nodiscard]] std::string reason(int code);

}  // namespace ekya::ffmpeg
