// One opened video stream: packets in, decoded pictures out. Knows nothing of reconnecting,
// numbering or pixels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"
#include "ffmpeg.hpp"
#include "file_list.hpp"
#include "hardware_decoder.hpp"
#include "interrupt.hpp"
#include "open_policy.hpp"
#include "source_kind.hpp"

namespace ekya {

/// What the container says of the stream.
struct StreamFacts {
    double fps = 0;              ///< > 0
    bool constant_rate = false;  ///< the timestamps should be multiples of 1/fps
    bool timestamps = true;      ///< the container has some
    bool live = false;
    std::optional<Seconds> start;  ///< timestamp of the first frame
    std::optional<Seconds>
        end;  ///< of the last frame plus its duration, where the header promises it
};

/// The server wants another user or password: asking again would not help.
class AccessRefused : public InputError {
public:
    using InputError::InputError;
};

class Dictionary;

class VideoInput {
public:
    /// Opens container and decoder.
    /// @throws InputError with the reason, without the source's name; AccessRefused if that is 401
    /// or 403
    VideoInput(const std::string& source, const SourceKind& kind,
               const FrameSourceOptions& options);
    VideoInput(const VideoInput&) = delete;  // FFmpeg holds the address of interrupt_
    VideoInput& operator=(const VideoInput&) = delete;

    enum class Event { picture, end, stalled, failed, cancelled };
    /// Decodes up to the next undamaged picture.
    Event read();
    /// Of the last Event::picture; valid until the next read().
    [[nodiscard]] const AVFrame& picture() const { return *frame_; }
    [[nodiscard]] std::optional<Seconds> timestamp() const;
    /// Why, after an event that is no picture.
    [[nodiscard]] const std::string& reason() const { return reason_; }

    /// Whether the source was given up because it leads where it may not: asking again would lead
    /// there again.
    [[nodiscard]] bool refused() const { return !refusal_.empty(); }

    [[nodiscard]] const StreamFacts& facts() const { return facts_; }
    /// "h264, cuda".
    [[nodiscard]] std::string decoder() const;
    /// Packets and pictures left out so far, and packets that never came.
    [[nodiscard]] std::int64_t damaged() const { return damaged_; }
    /// How much of the promised length is missing at the end; 0 unless clearly so.
    [[nodiscard]] Seconds missing_at_end() const;
    /// Whether the last packet of the stream was a part of one.
    [[nodiscard]] bool ended_in_damage() const { return draining_ && last_packet_marked_; }

private:
    /// @return whether the source has no timestamps and takes options.fps as its rate
    bool open(const SourceKind& kind, const FrameSourceOptions& options);
    void open_container(AVFormatContext* context, const SourceKind& kind,
                        const FrameSourceOptions& options, Dictionary& settings);
    void find_streams(const FrameSourceOptions& options);
    [[noreturn]] void fail(const std::string& step, int code,
                           const FrameSourceOptions& options) const;
    void check_redirection();
    // FFmpeg's callbacks. An exception through FFmpeg would leave its memory in disorder.
    static int interrupted(void* self) noexcept;
    static int open_io(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                       AVDictionary** options) noexcept;
    int open_allowed(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                     AVDictionary** options);
    void open_decoder(const FrameSourceOptions& options);
    void take_arrival_times(const SourceKind& kind);
    void learn_facts(const SourceKind& kind, double forced_fps);
    enum class Fed { packet, nothing, stop };
    Fed feed(Event& event);
    Fed read_failed(int code, Event& event);
    void send(AVPacket* packet);
    void count_damage(std::int64_t timestamp);

    OpenPolicy policy_;               // these before format_, which calls them while closing
    std::string refusal_;             // by the policy
    bool follows_by_itself_ = false;  // FFmpeg, redirections
    int opened_ = 0;                  // files and URLs since the last packet
    Interrupt interrupt_;
    decltype(AVFormatContext::io_open) open_io_ = nullptr;  // FFmpeg's own
    std::unique_ptr<TextReader> list_;                      // of files
    ffmpeg::Owned<AVFormatContext> format_;
    HardwareDecoder hardware_;  // before decoder_, which calls it
    ffmpeg::Owned<AVCodecContext> decoder_;
    ffmpeg::Owned<AVPacket> packet_;
    ffmpeg::Owned<AVFrame> frame_;
    AVStream* stream_ = nullptr;
    Seconds read_timeout_;
    StreamFacts facts_;
    std::string reason_;
    std::set<std::int64_t>
        damaged_timestamps_;  // of packets counted: their pictures are left out, not counted again
    std::int64_t damaged_ = 0;
    std::int64_t packets_end_ =
        AV_NOPTS_VALUE;                // of the packets read: highest timestamp plus duration
    int read_errors_ = 0;              // in a row
    bool last_packet_marked_ = false;  // as corrupt, by the demuxer
    bool by_arrival_ = false;          // timestamps are the times at which packets came
    bool draining_ = false;
    bool seen_picture_ = false;
};

}  // namespace ekya
