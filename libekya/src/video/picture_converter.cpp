#include "picture_converter.hpp"

#include <algorithm>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr int write_boundary = 32;  // pixels; vector code writes whole blocks

/// The formats named J are the plain ones with full range; swscale wants that said separately.
AVPixelFormat plain_format(AVPixelFormat format) {
    switch (format) {
        case AV_PIX_FMT_YUVJ420P:
            return AV_PIX_FMT_YUV420P;
        case AV_PIX_FMT_YUVJ422P:
            return AV_PIX_FMT_YUV422P;
        case AV_PIX_FMT_YUVJ444P:
            return AV_PIX_FMT_YUV444P;
        case AV_PIX_FMT_YUVJ440P:
            return AV_PIX_FMT_YUV440P;
        case AV_PIX_FMT_YUVJ411P:
            return AV_PIX_FMT_YUV411P;
        default:
            return format;
    }
}

int matrix_of(const AVFrame& picture) {
    switch (picture.colorspace) {
        case AVCOL_SPC_BT709:
            return SWS_CS_ITU709;
        case AVCOL_SPC_BT2020_NCL:
        case AVCOL_SPC_BT2020_CL:
            return SWS_CS_BT2020;
        case AVCOL_SPC_SMPTE240M:
            return SWS_CS_SMPTE240M;
        case AVCOL_SPC_FCC:
            return SWS_CS_FCC;
        case AVCOL_SPC_BT470BG:
        case AVCOL_SPC_SMPTE170M:
            return SWS_CS_ITU601;
        default:
            return picture.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

}  // namespace

void PictureConverter::prepare(const AVFrame& picture, int width, int height) {
    const auto format = static_cast<AVPixelFormat>(picture.format);
    const AVPixelFormat plain = plain_format(format);
    const int full_range = picture.color_range == AVCOL_RANGE_JPEG || plain != format ? 1 : 0;
    const Input input{picture.width, picture.height, picture.format, matrix_of(picture),
                      full_range,    width,          height};
    if (context_ && input == input_) {
        return;
    }
    const bool same_size = picture.width == width && picture.height == height;
    context_.reset(sws_getContext(picture.width, picture.height, plain, width, height,
                                  AV_PIX_FMT_BGR24, same_size ? SWS_BILINEAR : SWS_BICUBIC, nullptr,
                                  nullptr, nullptr));
    if (!context_) {
        const char* name = av_get_pix_fmt_name(format);
        throw InputError("pictures of format " + std::string(name != nullptr ? name : "unknown") +
                         " cannot be converted");
    }
    constexpr int one = 1 << 16;
    sws_setColorspaceDetails(context_.get(), sws_getCoefficients(input.matrix), full_range,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, one,
                             one);  // refused for formats that are no YUV, which have no matrix
    padded_.reset();
    if (width % write_boundary != 0) {
        padded_.reset(av_frame_alloc());
        if (!padded_) {
            throw SystemError("out of memory");
        }
        padded_->format = AV_PIX_FMT_BGR24;
        padded_->width = (width + write_boundary - 1) / write_boundary * write_boundary;
        padded_->height = height;
        if (av_frame_get_buffer(padded_.get(), 0) < 0) {
            throw SystemError("out of memory");
        }
    }
    input_ = input;
}

const AVFrame& PictureConverter::in_memory(const AVFrame& picture) {
    if (picture.hw_frames_ctx == nullptr) return picture;
    fetched_.reset(av_frame_alloc());
    if (!fetched_) throw SystemError("out of memory");
    const int code = av_hwframe_transfer_data(fetched_.get(), &picture, 0);
    if (code < 0)
        throw InputError("a picture cannot be fetched from its decoder: " + ffmpeg::reason(code));
    av_frame_copy_props(fetched_.get(), &picture);
    return *fetched_;
}

void PictureConverter::convert(const AVFrame& decoded, int width, int height, FrameImage& image) {
    const AVFrame& picture = in_memory(decoded);
    prepare(picture, width, height);
    const std::size_t row = static_cast<std::size_t>(width) * 3;
    image.width = width;
    image.height = height;
    image.bgr.resize(row * static_cast<std::size_t>(height));
    std::uint8_t* const data[4] = {padded_ ? padded_->data[0] : image.bgr.data(), nullptr, nullptr,
                                   nullptr};
    const int strides[4] = {padded_ ? padded_->linesize[0] : static_cast<int>(row), 0, 0, 0};
    if (sws_scale(context_.get(), picture.data, picture.linesize, 0, picture.height, data,
                  strides) < 0) {
        throw InputError("a picture cannot be converted");
    }
    if (padded_) {
        av_image_copy_plane(image.bgr.data(), static_cast<int>(row), data[0], strides[0],
                            static_cast<int>(row), height);
    }
}

}  // namespace ekya
