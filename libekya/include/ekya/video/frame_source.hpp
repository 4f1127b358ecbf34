#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "ekya/video/frame.hpp"

namespace ekya {

/// How a FrameSource opens and reads.
struct FrameSourceOptions {
    double fps = 0;  ///< assumed rate where the source has no timestamps (image directory, raw
                     ///< H.264); 0 = what the source says, 1 for images. Sources with timestamps
                     ///< ignore it: it neither resamples nor drops frames.
    Seconds open_timeout = 10;  ///< from connecting to the first decoded frame; > 0
    Seconds read_timeout = 5;   ///< longest wait for data before a source counts as stalled; > 0
    int max_reconnects =
        -1;  ///< live sources: attempts in a row without a frame; -1 = for ever, 0 = none
    Seconds first_backoff =
        0.5;  ///< pause before the first reconnect, doubles with each attempt; > 0
    Seconds longest_backoff = 30;  ///< where it stops doubling; >= first_backoff
    int decoder_threads = 1;       ///< 0 = one for each core
    /// What a playlist or a redirection may lead to besides the source's own directory or host:
    /// directories, which have a slash, and hosts ("host" or "host:port").
    std::vector<std::string> allow = {};
    /// The decoder: "software"; "cuda" (NVDEC) or "vaapi", an error where that cannot decode the
    /// source; "auto" = the first of these that can, else software.
    std::string decoder = "software";
    Seconds live_start =
        0;  ///< time of a live source's first frame, if its stream began before; >= 0
    double live_since = 0;  ///< run_time() at which that was; 0 = the time of the first frame
    bool rtsp_over_udp =
        false;  ///< else RTP travels in the RTSP connection (TCP), where the network loses nothing
    std::function<bool()> cancelled =
        {};  ///< asked several times a second while waiting; true ends open and next()
    /// Live sources: told when contact is lost, and several times a second until it is back, the
    /// stream time by the wall clock, and since when and why, as take_gaps() does. Frames that come
    /// later are later in time. What it throws passes through next().
    std::function<void(Seconds time, const std::string& gap)> away = {};
};

/// Decodes one video stream: a file (any container FFmpeg reads, .ffconcat lists too), a directory
/// of images (png, jpg, jpeg, bmp; in natural order of their names), a camera (/dev/video*), or a
/// URL (rtsp, http, udp, tcp, srt, rtmp, and the encrypted ones of these). Lists of files
/// (.ffconcat, .m3u8) lead to files below their own directory, playlists and redirections of a
/// server to its own host and port, and to what is allowed besides; pipes and devices that are no
/// cameras are refused.
///
/// Index: files of constant rate number their frames by timestamp, so that a lost frame leaves a
/// hole and annotations after it still fit. Files of variable rate and live sources count decoded
/// frames. Images are numbered by place in the sorted list. Indices and times always grow; a
/// timestamp that is missing or goes back becomes previous + 1/fps, and so does one that leaps
/// ahead beyond limits::leap_seconds. A live source's time is never more than
/// limits::ahead_seconds ahead of the clock's.
///
/// Damage: packets that cannot be decoded and pictures that the decoder had to patch are counted
/// and left out, RTP packets that never came are counted; a hole in the numbering that nothing else
/// explains counts as one. Pictures that refer to a lost one may show its remains up to the next
/// key frame.
///
/// Live sources (cameras, rtsp, udp, tcp; http if neither length nor size is known) reconnect after
/// an error, a stall or the end, with exponential back-off; time runs on by the wall clock
/// meanwhile. A server that refuses access (401, 403) is not asked again. Where a live source has
/// no timestamps (MJPEG over HTTP), frames have the time at which they arrived.
///
/// The picture has the size of the first frame throughout. Rotation in the metadata is ignored:
/// frames come as coded. One object belongs to one thread. FFmpeg's log of the whole process is
/// kept off stderr; its errors go into messages.
class FrameSource {
public:
    /// Opens the source and decodes its first frame.
    /// @throws InputError "<source>: reason", without passwords, if it is missing, no video, or
    /// gives no frame within open_timeout; also
    ///         if cancelled
    /// @throws DomainError naming the option that is out of range
    explicit FrameSource(const std::string& source, FrameSourceOptions options = {});
    ~FrameSource();
    FrameSource(FrameSource&&) noexcept;
    FrameSource& operator=(FrameSource&&) noexcept;

    /// The next frame. Whoever needs the pixels asks for frame.image() before the next call.
    /// @return false at the end of a file, after the last reconnect allowed, or when cancelled
    bool next(Frame& frame);

    [[nodiscard]] int width() const;
    [[nodiscard]] int height() const;
    /// Nominal frames per second; > 0. A mean or a guess for sources of variable rate.
    [[nodiscard]] double fps() const;
    /// Packets, pictures and images left out so far because of damage.
    [[nodiscard]] std::int64_t damaged_packets() const;
    /// Stalls, reconnects, holes, truncation and changes of size since the last call, in words that
    /// open with the stream time.
    [[nodiscard]] std::vector<std::string> take_gaps();
    [[nodiscard]] bool is_live() const;
    /// Length of a file or a directory of images, as far as its header promises one.
    [[nodiscard]] std::optional<Seconds> length() const;
    /// "<source>: why" if a live source was lost and next() does not try any more; empty if it
    /// ended, or goes on.
    [[nodiscard]] std::string failure() const;
    /// The source without its password.
    [[nodiscard]] std::string name() const;
    /// Codec and what decodes it, e.g. "h264, software"; empty for images.
    [[nodiscard]] std::string decoder() const;

    class Reader;  ///< what the kinds of source have in common; private to the implementation

private:
    std::string name_;
    std::unique_ptr<Reader> reader_;
};

/// Devices on which this machine's FFmpeg can decode, of "cuda" and "vaapi".
/// @param why for each that cannot, "NAME: reason"; may be null
[[nodiscard]] std::vector<std::string> hardware_decoders(std::vector<std::string>* why = nullptr);

}  // namespace ekya
