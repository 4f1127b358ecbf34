#include "clip.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <stdexcept>

namespace ekya::test {
namespace {

void require(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error(std::string("clip: ") + what);
    }
}

class Encoder {
public:
    Encoder(const std::string& file, const Clip& clip) : clip_(clip) {
        av_log_set_level(AV_LOG_QUIET);
        require(avformat_alloc_output_context2(&format_, nullptr, nullptr, file.c_str()) >= 0,
                "container");
        const AVCodec* codec = avcodec_find_encoder_by_name(clip.codec.c_str());
        require(codec != nullptr, "encoder");
        stream_ = avformat_new_stream(format_, nullptr);
        encoder_ = avcodec_alloc_context3(codec);
        const FrameImage first = picture(0);
        encoder_->width = first.width;
        encoder_->height = first.height;
        encoder_->pix_fmt = clip.codec == "mjpeg" ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
        encoder_->time_base = clip.milliseconds ? AVRational{1, 1000} : AVRational{1, clip.fps};
        if (!clip.milliseconds) {
            encoder_->framerate = {clip.fps, 1};
            stream_->avg_frame_rate = {clip.fps, 1};
        }
        encoder_->gop_size = clip.key_frame_every;
        encoder_->max_b_frames = clip.b_frames;
        encoder_->bit_rate = 1'000'000;
        encoder_->thread_count = 1;
        encoder_->colorspace = clip.bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
        encoder_->color_range = clip.codec == "mjpeg" ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
        if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
            encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        }
        av_opt_set(encoder_->priv_data, "preset", "veryfast", 0);
        require(avcodec_open2(encoder_, codec, nullptr) >= 0, "encoder refuses");
        stream_->time_base = encoder_->time_base;
        avcodec_parameters_from_context(stream_->codecpar, encoder_);
        require(avio_open(&format_->pb, file.c_str(), AVIO_FLAG_WRITE) >= 0, "file");
        AVDictionary* settings = nullptr;
        av_dict_set(&settings, "movflags", "+faststart", 0);
        const int code = avformat_write_header(format_, &settings);
        av_dict_free(&settings);
        require(code >= 0, "header");
        converter_ = sws_getContext(encoder_->width, encoder_->height, AV_PIX_FMT_BGR24,
                                    encoder_->width, encoder_->height, encoder_->pix_fmt,
                                    SWS_BILINEAR, nullptr, nullptr, nullptr);
        sws_setColorspaceDetails(converter_, sws_getCoefficients(SWS_CS_DEFAULT), 1,
                                 sws_getCoefficients(clip.bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601),
                                 clip.codec == "mjpeg" ? 1 : 0, 0, 1 << 16, 1 << 16);
    }

    ~Encoder() {
        sws_freeContext(converter_);
        avcodec_free_context(&encoder_);
        avio_closep(&format_->pb);
        avformat_free_context(format_);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    void write_all() {
        AVFrame* frame = av_frame_alloc();
        for (int number = 0; number < clip_.frames; ++number) {
            av_frame_unref(frame);
            frame->format = encoder_->pix_fmt;
            frame->width = encoder_->width;
            frame->height = encoder_->height;
            frame->pts = clip_.milliseconds ? clip_.milliseconds(number) : number;
            av_frame_get_buffer(frame, 0);
            const FrameImage image = picture(number);
            const std::uint8_t* const from[] = {image.bgr.data()};
            const int stride[] = {image.width * 3};
            sws_scale(converter_, from, stride, 0, image.height, frame->data, frame->linesize);
            send(frame);
        }
        av_frame_free(&frame);
        send(nullptr);
        av_write_trailer(format_);
    }

private:
    FrameImage picture(int number) const {
        return clip_.image ? clip_.image(number) : numbered_image(number);
    }

    void send(AVFrame* frame) {
        require(avcodec_send_frame(encoder_, frame) >= 0, "frame");
        AVPacket* packet = av_packet_alloc();
        while (avcodec_receive_packet(encoder_, packet) >= 0) {
            if (!clip_.milliseconds) {
                packet->duration = 1;
            }
            av_packet_rescale_ts(packet, encoder_->time_base, stream_->time_base);
            require(av_interleaved_write_frame(format_, packet) >= 0, "packet");
        }
        av_packet_free(&packet);
    }

    const Clip& clip_;
    AVFormatContext* format_ = nullptr;
    AVCodecContext* encoder_ = nullptr;
    AVStream* stream_ = nullptr;
    SwsContext* converter_ = nullptr;
};

}  // namespace

FrameImage numbered_image(int number, int width, int height) {
    FrameImage image{width, height, {}};
    image.bgr.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const bool set = ((number >> (x * 8 / width)) & 1) != 0;
            const int pattern = 96 + ((x * 7 + y * 13 + number * 5) & 63);
            const int value = y < height / 2 ? (set ? 255 : 0) : pattern;
            image.bgr.insert(image.bgr.end(), 3, static_cast<std::uint8_t>(value));
        }
    }
    return image;
}

std::optional<int> number_in(const FrameImage& image) {
    int number = 0;
    for (int bit = 0; bit < 8; ++bit) {
        const int x = (2 * bit + 1) * image.width / 16, y = image.height / 4;
        const int value =
            image.bgr[(static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                       static_cast<std::size_t>(x)) *
                      3];
        if (value > 64 && value < 192) {
            return std::nullopt;
        }
        number |= value >= 192 ? 1 << bit : 0;
    }
    return number;
}

bool has_encoder(const std::string& codec) {
    return avcodec_find_encoder_by_name(codec.c_str()) != nullptr;
}

std::string h264_if_possible() { return has_encoder("libx264") ? "libx264" : "mpeg4"; }

void write_clip(const std::string& file, const Clip& clip) { Encoder(file, clip).write_all(); }

}  // namespace ekya::test
