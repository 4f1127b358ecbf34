// Opening a VideoInput: container, decoder, and what they say of the stream. Reading is in
// video_input.cpp.
#include "video_input.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "ekya/core/errors.hpp"
#include "host_lookup.hpp"
#include "reader.hpp"

namespace ekya {
namespace {

constexpr double usual_fps =
    25;  // where the source does not say: FFmpeg's own assumption for raw streams
constexpr double highest_fps = 1000;  // above: a time base taken for a rate
constexpr int microseconds_per_second = 1'000'000;
// TCP keeps packets in order, but cameras leave some out when the line is slow. Without a queue
// FFmpeg does not notice.
constexpr const char* packets_behind_a_lost_one = "4";

/// Options for avformat_open_input, freed with what was not understood.
class Dictionary {
public:
    ~Dictionary() { av_dict_free(&entries_); }
    Dictionary() = default;
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;
    [[nodiscard]] bool has(const char* key) const {
        return av_dict_get(entries_, key, nullptr, 0) != nullptr;
    }
    void set(const char* key, const std::string& value) {
        av_dict_set(&entries_, key, value.c_str(), 0);
    }
    AVDictionary** get() { return &entries_; }

private:
    AVDictionary* entries_ = nullptr;
};

std::string microseconds(Seconds seconds) {
    return std::to_string(static_cast<std::int64_t>(seconds * 1e6));
}

bool is_concat_list(const std::string& source) {
    return source.ends_with(".ffconcat") || source.ends_with(".concat");
}

/// What is set before a source is opened.
void set_up(Dictionary& settings, const std::string& source, const SourceKind& kind,
            const FrameSourceOptions& options) {
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
        if (is_concat_list(source)) {
            settings.set("safe", "0");  // a list may name files anywhere, like the command line
        }
    }
    if (kind.live) {
        settings.set("analyzeduration", microseconds(std::min(5.0, options.open_timeout / 2)));
    }
}

double rate(AVRational value) { return value.num > 0 && value.den > 0 ? av_q2d(value) : 0; }

}  // namespace

VideoInput::VideoInput(const std::string& source, const SourceKind& kind,
                       const FrameSourceOptions& options)
    : interrupt_(options.cancelled),
      packet_(av_packet_alloc()),
      frame_(av_frame_alloc()),
      read_timeout_(options.read_timeout) {
    if (!packet_ || !frame_) {
        throw SystemError("out of memory");
    }
    ffmpeg::capture_log();
    (void)ffmpeg::take_logged_error();
    interrupt_.expire_in(options.open_timeout);  // holds until the first picture
    const bool takes_rate = open(source, kind, options);
    learn_facts(kind, takes_rate ? options.fps : 0);
    open_decoder(options);
}

bool VideoInput::open(const std::string& source, const SourceKind& kind,
                      const FrameSourceOptions& options) {
    const auto failure = [&](const char* step, int code) {
        if (interrupt_.cancelled()) {
            return InputError("cancelled while opening");
        }
        if (interrupt_.expired()) {
            return InputError("no answer within " + in_seconds(options.open_timeout));
        }
        return InputError(step + ffmpeg::reason(code));
    };
    if (kind.type == SourceKind::Type::url && !await_lookup(host_of(source), interrupt_)) {
        throw failure("", 0);
    }
    Dictionary settings;
    const AVInputFormat* demuxer = nullptr;
    if (kind.type == SourceKind::Type::camera) {
        demuxer = av_find_input_format("v4l2");
        if (demuxer == nullptr) {
            throw InputError("this FFmpeg was built without cameras (v4l2)");
        }
    }
    set_up(settings, source, kind, options);

    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) {
        throw SystemError("out of memory");
    }
    context->interrupt_callback = {&Interrupt::check, &interrupt_};
    // The protocol is named, so that no colon in a file name is taken for one.
    const std::string url = kind.type == SourceKind::Type::file ? "file:" + source : source;
    int code = avformat_open_input(&context, url.c_str(), demuxer,
                                   settings.get());  // frees the context if it fails
    if (code == AVERROR_HTTP_UNAUTHORIZED || code == AVERROR_HTTP_FORBIDDEN) {
        throw AccessRefused("access refused, user or password is wrong: " + ffmpeg::reason(code));
    }
    if (code < 0) {
        throw failure("cannot be opened as video: ", code);
    }
    format_.reset(context);
    take_arrival_times(kind);
    const bool takes_rate = kind.type == SourceKind::Type::file && options.fps > 0 &&
                            !settings.has("framerate");  // consumed
    code = avformat_find_stream_info(context, nullptr);
    if (code < 0 || interrupt_.expired() || interrupt_.cancelled()) {
        throw failure("cannot be read as video: ", code);
    }
    const int best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (best < 0) {
        throw InputError("has no video stream");
    }
    stream_ = context->streams[best];
    for (unsigned i = 0; i < context->nb_streams; ++i) {
        context->streams[i]->discard =
            context->streams[i] == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    return takes_rate;
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
    facts_.live = kind.live || by_arrival_ || (kind.maybe_live && !length_known);
    facts_.timestamps =
        by_arrival_ || (forced_fps <= 0 && (format_->iformat->flags & AVFMT_NOTIMESTAMPS) == 0);

    const double mean = rate(stream_->avg_frame_rate);
    const double nominal = rate(av_guess_frame_rate(format_.get(), stream_, nullptr));
    facts_.fps = nominal > 0 && nominal <= highest_fps ? nominal : mean;
    if (forced_fps > 0) {
        facts_.fps = forced_fps;
    } else if (!(facts_.fps > 0 && facts_.fps <= highest_fps)) {
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
        facts_.end = static_cast<double>(format_->start_time + format_->duration) / AV_TIME_BASE;
    }
}

}  // namespace ekya
