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
    void operator()(AVIOContext* io) const {  // one that avio_alloc_context() made
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
    void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <typename T> using Owned = std::unique_ptr<T, Free>;

/// FFmpeg's words for one of its error codes.
[[nodiscard]] std::string error_text(int code);

/// Sets FFmpeg up for the whole process: its log stays off stderr, each thread's last error is
/// remembered; no block of memory is larger than limits::ffmpeg_block_bytes.
void set_up();
/// The last error this thread's FFmpeg calls logged since the call before, printable and without
/// secrets; empty if none.
[[nodiscard]] std::string take_logged_error();

/// Where the last answer of an HTTP or RTSP server to this thread redirected, since the call
/// before; empty if nowhere.
[[nodiscard]] std::string take_redirection();

/// How many RTP packets this thread's FFmpeg calls found missing since the call before.
[[nodiscard]] int take_lost_packets();

/// "error_text (logged error)".
[[nodiscard]] std::string reason(int code);

}  // namespace ekya::ffmpeg
