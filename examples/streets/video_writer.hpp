// Encodes frames as H.264 in an mp4 file.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>

struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct AVStream;
struct SwsContext;

namespace ekya::streets {

class VideoWriter {
public:
    /// @throws WorkError if there is no H.264 encoder or the file cannot be written
    VideoWriter(std::filesystem::path file, cv::Size size, int fps);
    ~VideoWriter();
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// @param frame CV_8UC3 of the size given, blue first
    void write(const cv::Mat& frame);
    /// Writes what the encoder still holds and the index of the file; without it the file is not
    /// usable.
    void finish();

private:
    void open_encoder(cv::Size size, int fps);
    void open_file();
    void encode(const AVFrame* frame);
    void check(int code, const char* what) const;

    struct Free {
        void operator()(AVCodecContext* encoder) const;
        void operator()(AVFormatContext* file) const;
        void operator()(AVFrame* frame) const;
        void operator()(AVPacket* packet) const;
        void operator()(SwsContext* scaler) const;
    };
    std::filesystem::path path_;
    std::unique_ptr<AVFormatContext, Free> file_;
    std::unique_ptr<AVCodecContext, Free> encoder_;
    std::unique_ptr<AVFrame, Free> picture_;
    std::unique_ptr<AVPacket, Free> packet_;
    std::unique_ptr<SwsContext, Free> scaler_;
    AVStream* stream_ = nullptr;  ///< belongs to file_
};

}  // namespace ekya::streets
