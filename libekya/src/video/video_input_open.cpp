// Opening a VideoInput: container, decoder, and what they say of the stream. Reading is in
// video_input.cpp.
#include "video_input.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "file_list.hpp"
#include "host_lookup.hpp"
#include "reader.hpp"

namespace ekya {

/// Options for avformat_open_input, freed with what was not understood.
class Dictionary {
public:
    ~Dictionary() { av_dict_free(&entries_); }
    explicit Dictionary(const AVDictionary* copied = nullptr) {
        av_dict_copy(&entries_, copied, 0);
    }
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;
    [[nodiscard]] bool has(const char* key) const {
        return av_dict_get(entries_, key, nullptr, 0) != nullptr;
    }
    void set(const char* key, const std::string& value) {
        av_dict_set(&entries_, key, value.c_str(), 0);
    }
    void remove(const char* key) { av_dict_set(&entries_, key, nullptr, 0); }
    AVDictionary** get() { return &entries_; }

private:
    AVDictionary* entries_ = nullptr;
};

namespace {

constexpr double usual_fps =
    25;  // where the source does not say: FFmpeg's own assumption for raw streams
constexpr int microseconds_per_second = 1'000'000;
// TCP keeps packets in order, but cameras leave some out when the line is slow. Without a queue
// FFmpeg does not notice.
constexpr const char* packets_behind_a_lost_one = "4";

std::string microseconds(Seconds seconds) {
    return std::to_string(static_cast<std::int64_t>(seconds * 1e6));
}

/// What is set before a source is opened.
void set_up(Dictionary& settings, const OpenPolicy& policy, const SourceKind& kind,
            const FrameSourceOptions& options) {
    settings.set("protocol_whitelist", policy.protocols());
    settings.set("format_whitelist", policy.formats());
    settings.set("max_streams", std::to_string(limits::container_streams));
    if (kind.type == SourceKind::Type::url) {
        settings.set("rtsp_transport", options.rtsp_over_udp ? "udp" : "tcp");
        if (!options.rtsp_over_udp) {
            settings.set("reorder_queue_size", packets_behind_a_lost_one);
        }
    } else if (kind.type == SourceKind::Type::file) {
        if (options.fps > 0) {
            settings.set("framerate",
                         std::to_string(options.fps));  // understood by raw streams only
        }
        if (policy.is_file_list()) {
            settings.set("safe", "0");  // the list is our own, of files that may be opened
        }
    }
    if (kind.live) {
        settings.set("analyzeduration", microseconds(std::min(5.0, options.open_timeout / 2)));
    }
}

double rate(AVRational value) { return value.num > 0 && value.den > 0 ? av_q2d(value) : 0; }

/// Outside, a time base was taken for a rate, or somebody has written nonsense.
bool is_possible(double fps) { return fps >= limits::lowest_fps && fps <= limits::highest_fps; }

}  // namespace

VideoInput::VideoInput(const std::string& source, const SourceKind& kind,
                       const FrameSourceOptions& options)
    : policy_(source, kind, options.allow),
      interrupt_(options.cancelled),
      packet_(av_packet_alloc()),
      frame_(av_frame_alloc()),
      read_timeout_(options.read_timeout) {
    if (!packet_ || !frame_) {
        throw SystemError("out of memory");
    }
    ffmpeg::set_up();
    (void)ffmpeg::take_logged_error();
    interrupt_.expire_in(options.open_timeout);  // holds until the first picture
    const bool takes_rate = open(kind, options);
    learn_facts(kind, takes_rate ? options.fps : 0);
    open_decoder(options);
}

void VideoInput::fail(const std::string& step, int code, const FrameSourceOptions& options) const {
    if (interrupt_.cancelled()) throw InputError("cancelled while opening");
    if (refused()) throw AccessRefused(refusal_);
    if (interrupt_.expired())
        throw InputError("no answer within " + in_seconds(options.open_timeout));
    throw InputError(step + ffmpeg::reason(code));
}

/// RTSP redirects within FFmpeg. It asks interrupted() before it writes to the new connection.
void VideoInput::check_redirection() {
    if (!follows_by_itself_ || refused()) return;
    if (const auto to = ffmpeg::take_redirection(); !to.empty()) refusal_ = policy_.refusal(to);
}

/// For AVIOInterruptCB.
int VideoInput::interrupted(void* self) noexcept {
    auto& input = *static_cast<VideoInput*>(self);
    try {
        input.check_redirection();
    } catch (const std::bad_alloc&) {
        return 1;  // who cannot be asked says no
    }
    return Interrupt::check(&input.interrupt_) != 0 || input.refused() ? 1 : 0;
}

bool VideoInput::open(const SourceKind& kind, const FrameSourceOptions& options) {
    if (kind.type == SourceKind::Type::url && !await_lookup(host_of(policy_.source()), interrupt_))
        fail("", 0, options);
    if (kind.type == SourceKind::Type::camera && av_find_input_format("v4l2") == nullptr)
        throw InputError("this FFmpeg was built without cameras (v4l2)");
    Dictionary settings;
    set_up(settings, policy_, kind, options);
    if (policy_.is_file_list()) list_ = std::make_unique<TextReader>(checked_file_list(policy_));
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw SystemError("out of memory");
    context->interrupt_callback = {&VideoInput::interrupted, this};
    open_io_ = std::exchange(context->io_open, &VideoInput::open_io);
    context->opaque = this;
    follows_by_itself_ = policy_.formats() == "rtsp";
    (void)ffmpeg::take_redirection();  // of a source before
    open_container(context, kind, options, settings);
    follows_by_itself_ = false;
    take_arrival_times(kind);
    find_streams(options);
    return kind.type == SourceKind::Type::file && options.fps > 0 &&
           !settings.has("framerate");  // consumed
}

void VideoInput::open_container(AVFormatContext* context, const SourceKind& kind,
                                const FrameSourceOptions& options, Dictionary& settings) {
    const AVInputFormat* demuxer = nullptr;
    if (kind.type == SourceKind::Type::camera) {
        demuxer = av_find_input_format("v4l2");
    } else if (policy_.is_file_list()) {
        demuxer = av_find_input_format("concat");
        context->pb = list_->io();
    }
    const int code = avformat_open_input(&context, policy_.url().c_str(), demuxer,
                                         settings.get());  // frees the context if it fails
    check_redirection();
    if (code == AVERROR_HTTP_UNAUTHORIZED || code == AVERROR_HTTP_FORBIDDEN)
        throw AccessRefused("access refused, user or password is wrong: " + ffmpeg::reason(code));
    if (code < 0) fail("cannot be opened as video: ", code, options);
    format_.reset(context);
    if (!refused()) refusal_ = policy_.refusal(context->url);  // where RTSP was redirected to
    if (refused()) fail("", 0, options);
}

/// What FFmpeg opens for a source passes here, but for two: the files of a list, which
/// checked_file_list() has checked, and the connections of RTSP, which lead to its own host unless
/// the server redirects: see interrupted().
int VideoInput::open_io(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                        AVDictionary** options) noexcept {
    try {
        return static_cast<VideoInput*>(context->opaque)
            ->open_allowed(context, io, url, flags, options);
    } catch (const std::bad_alloc&) {
        return AVERROR(ENOMEM);
    }
}

int VideoInput::open_allowed(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                             AVDictionary** options) {
    // A list that leads to itself opens without an end, and FFmpeg asks nobody in between.
    if (++opened_ > limits::opened_at_once) return AVERROR(EMLINK);
    if (interrupt_.expired() || interrupt_.cancelled()) return AVERROR_EXIT;
    std::string target = url;
    for (int redirections = 0;; ++redirections) {
        if (!refused()) refusal_ = policy_.refusal(target);
        if (refused()) return AVERROR(EACCES);
        Dictionary settings(options != nullptr ? *options : nullptr);
        settings.set("max_redirects", "0");  // FFmpeg would follow them wherever they lead
        (void)ffmpeg::take_redirection();
        const int code = open_io_(context, io, target.c_str(), flags, settings.get());
        const std::string location = ffmpeg::take_redirection();
        if (code != AVERROR(EIO) || location.empty() || redirections == limits::redirections) {
            settings.remove("max_redirects");
            if (options != nullptr) std::swap(*options, *settings.get());
            return code;
        }
        target = redirected(target, location);
    }
}

void VideoInput::find_streams(const FrameSourceOptions& options) {
    AVFormatContext* const context = format_.get();
    // Streams that show up later have no options here; the limit of a block holds for them too.
    std::vector<Dictionary> each(context->nb_streams);
    std::vector<AVDictionary*> settings(each.size());
    for (auto& dictionary : each)
        dictionary.set("max_pixels", std::to_string(limits::frame_pixels));
    for (std::size_t i = 0; i < each.size(); ++i) settings[i] = *each[i].get();
    const int code =
        avformat_find_stream_info(context, settings.empty() ? nullptr : settings.data());
    for (std::size_t i = 0; i < each.size(); ++i) *each[i].get() = settings[i];
    if (code < 0 || interrupt_.expired() || interrupt_.cancelled() || refused())
        fail("cannot be read as video: ", code, options);
    for (unsigned i = 0; i < context->nb_streams; ++i)
        if ((context->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
            context->streams[i]->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;  // a cover
    const int best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (best < 0) throw InputError("has no video stream");
    stream_ = context->streams[best];
    for (unsigned i = 0; i < context->nb_streams; ++i)
        context->streams[i]->discard =
            context->streams[i] == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
}

/// Live sources without timestamps would run at an assumed rate, and their time away from the
/// wall's.
void VideoInput::take_arrival_times(const SourceKind& kind) {
    const bool multipart =
        std::string_view(format_->iformat->name) == "mpjpeg";  // which says it had timestamps
    by_arrival_ = multipart || (kind.live && (format_->iformat->flags & AVFMT_NOTIMESTAMPS) != 0);
    if (!by_arrival_) {
        return;
    }
    format_->use_wallclock_as_timestamps = 1;
    format_->fps_probe_size = 0;  // seconds of waiting for a rate that nobody needs
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
        format_->streams[i]->time_base = {
            1, microseconds_per_second};  // that of the assumed rate is too coarse
    }
}

void VideoInput::open_decoder(const FrameSourceOptions& options) {
    const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
    if (codec == nullptr) {
        throw InputError(std::string("this FFmpeg has no decoder for ") +
                         avcodec_get_name(stream_->codecpar->codec_id));
    }
    decoder_.reset(avcodec_alloc_context3(codec));
    if (!decoder_) {
        throw SystemError("out of memory");
    }
    int code = avcodec_parameters_to_context(decoder_.get(), stream_->codecpar);
    decoder_->pkt_timebase = stream_->time_base;
    decoder_->max_pixels = limits::frame_pixels;
    decoder_->thread_count = options.decoder_threads;
    hardware_.use(options.decoder, *codec, *decoder_);
    if (facts_.live) {
        decoder_->thread_type = FF_THREAD_SLICE;  // threads by frame would deliver late
    }
    code = code < 0 ? code : avcodec_open2(decoder_.get(), codec, nullptr);
    if (code < 0) {
        throw InputError(std::string("the decoder ") + codec->name +
                         " refuses: " + ffmpeg::reason(code));
    }
}

void VideoInput::learn_facts(const SourceKind& kind, double forced_fps) {
    const auto seconds = [&](std::int64_t ticks) {
        return static_cast<double>(ticks) * av_q2d(stream_->time_base);
    };
    const bool length_known = format_->duration != AV_NOPTS_VALUE && format_->duration > 0;
    // The size of a playlist says nothing of the video.
    const bool size_known = std::string_view(format_->iformat->name) != "hls" &&
                            format_->pb != nullptr && avio_size(format_->pb) > 0;
    facts_.live = kind.live || by_arrival_ || (kind.maybe_live && !length_known && !size_known);
    facts_.timestamps =
        by_arrival_ || (forced_fps <= 0 && (format_->iformat->flags & AVFMT_NOTIMESTAMPS) == 0);

    const double mean = rate(stream_->avg_frame_rate);
    const double nominal = rate(av_guess_frame_rate(format_.get(), stream_, nullptr));
    facts_.fps = is_possible(nominal) ? nominal : mean;
    if (forced_fps > 0) {
        facts_.fps = forced_fps;
    } else if (!is_possible(facts_.fps)) {
        facts_.fps = usual_fps;
    }
    // Broadcast formats do not state their rate: the mean is measured, suffers from damage and may
    // be missing.
    const bool measured = (format_->iformat->flags & AVFMT_TS_DISCONT) != 0;
    const double tolerance = measured ? 0.25 : 0.01;
    const bool steady =
        mean > 0 ? std::abs(mean / facts_.fps - 1) < tolerance : measured && nominal > 0;
    facts_.constant_rate = steady && facts_.timestamps && !facts_.live;

    if (stream_->start_time != AV_NOPTS_VALUE) {
        facts_.start = seconds(stream_->start_time);
    }
    const bool one_file = std::string_view(format_->iformat->name) != "concat";
    if (!facts_.start || !one_file || facts_.live ||
        format_->duration_estimation_method != AVFMT_DURATION_FROM_STREAM) {
        return;
    }
    if (stream_->duration != AV_NOPTS_VALUE) {
        facts_.end = *facts_.start + seconds(stream_->duration);
    } else if (length_known && format_->start_time != AV_NOPTS_VALUE) {
        facts_.end = static_cast<double>(av_sat_add64(format_->start_time, format_->duration)) /
                     AV_TIME_BASE;
    }
}

}  // namespace ekya
