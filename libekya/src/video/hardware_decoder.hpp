// A decoder on a GPU for FFmpeg's software one, where there is one.
#pragma once

#include <string>

#include "ffmpeg.hpp"

namespace ekya {

/// The device that decodes a stream; none = software.
class HardwareDecoder {
public:
    HardwareDecoder() = default;
    HardwareDecoder(const HardwareDecoder&) = delete;  // FFmpeg holds its address
    HardwareDecoder& operator=(const HardwareDecoder&) = delete;

    /// Prepares a decoder that has not been opened yet.
    /// @param wish see FrameSourceOptions::decoder
    /// @throws InputError if the device that was asked for by name is not there or cannot decode
    /// this codec
    void use(const std::string& wish, const AVCodec& codec, AVCodecContext& decoder);
    /// Of the device, "cuda" or "vaapi"; only where it decodes.
    [[nodiscard]] const char* name() const { return av_hwdevice_get_type_name(type_); }

private:
    static AVPixelFormat choose(AVCodecContext* decoder, const AVPixelFormat* offered);

    AVHWDeviceType type_ = AV_HWDEVICE_TYPE_NONE;
    AVPixelFormat format_ = AV_PIX_FMT_NONE;  // of its pictures
    ffmpeg::Owned<AVBufferRef> device_;
};

}  // namespace ekya
