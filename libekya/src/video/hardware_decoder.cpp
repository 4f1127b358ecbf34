#include "hardware_decoder.hpp"

#include <array>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/video/frame_source.hpp"

namespace ekya {
namespace {

constexpr int cuda_primary_context = 1;  // AV_CUDA_USE_PRIMARY_CONTEXT, whose header wants cuda.h
constexpr std::array kinds{AV_HWDEVICE_TYPE_CUDA, AV_HWDEVICE_TYPE_VAAPI};

/// @return FFmpeg's code if there is none
int open_device(AVHWDeviceType type, ffmpeg::Owned<AVBufferRef>& device) {
    // The primary context is the one that networks of the same process use.
    const int flags = type == AV_HWDEVICE_TYPE_CUDA ? cuda_primary_context : 0;
    AVBufferRef* opened = nullptr;
    const int code = av_hwdevice_ctx_create(&opened, type, nullptr, nullptr, flags);
    device.reset(opened);
    return code;
}

/// Format of the pictures that such a device decodes this codec to; NONE = it does not.
AVPixelFormat format_of(AVHWDeviceType type, const AVCodec& codec) {
    for (int i = 0;; ++i) {
        const AVCodecHWConfig* const config = avcodec_get_hw_config(&codec, i);
        if (config == nullptr) return AV_PIX_FMT_NONE;
        if (config->device_type == type &&
            (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0)
            return config->pix_fmt;
    }
}

}  // namespace

void HardwareDecoder::use(const std::string& wish, const AVCodec& codec, AVCodecContext& decoder) {
    if (wish == "software") return;
    for (const auto type : kinds) {
        const std::string kind = av_hwdevice_get_type_name(type);
        if (wish != "auto" && wish != kind) continue;
        const auto problem = [&](const std::string& why) {
            if (wish != "auto") throw InputError("decoder " + kind + ": " + why);
        };
        format_ = format_of(type, codec);
        if (format_ == AV_PIX_FMT_NONE) {
            problem("this FFmpeg cannot decode " + std::string(codec.name) + " with it");
            continue;
        }
        if (const int code = open_device(type, device_); code < 0) {
            const auto why = ffmpeg::reason(code);  // taken, so that nobody else reports it
            problem("there is no such device: " + why);
            continue;
        }
        type_ = type;
        decoder.hw_device_ctx = av_buffer_ref(device_.get());
        decoder.opaque = this;
        decoder.get_format = &HardwareDecoder::choose;
        return;
    }
}

/// A profile or a size that the device does not know is offered without its format: then software
/// decodes.
AVPixelFormat HardwareDecoder::choose(AVCodecContext* decoder, const AVPixelFormat* offered) {
    const auto* const self = static_cast<const HardwareDecoder*>(decoder->opaque);
    for (const AVPixelFormat* format = offered; *format != AV_PIX_FMT_NONE; ++format)
        if (*format == self->format_) return *format;
    return avcodec_default_get_format(decoder, offered);
}

std::vector<std::string> hardware_decoders(std::vector<std::string>* why) {
    ffmpeg::set_up();
    std::vector<std::string> found;
    for (const auto type : kinds) {
        const std::string name = av_hwdevice_get_type_name(type);
        (void)ffmpeg::take_logged_error();
        ffmpeg::Owned<AVBufferRef> device;
        const int code = open_device(type, device);
        if (code >= 0)
            found.push_back(name);
        else if (why != nullptr)
            why->push_back(name + ": " + ffmpeg::reason(code));
    }
    return found;
}

}  // namespace ekya
