#include "ekya/video/frame_source.hpp"

#include <cmath>
#include <cstdio>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "image_directory.hpp"
#include "reader.hpp"
#include "source_kind.hpp"
#include "video_reader.hpp"

namespace ekya {
namespace {

void require_positive(const char* name, double value) {
    if (!(value > 0) || std::isinf(value)) {
        throw DomainError(std::string(name) + ": " + std::to_string(value) +
                          " is not in (0, infinity)");
    }
}

void validate(const FrameSourceOptions& options) {
    if (!(options.fps >= 0) || std::isinf(options.fps)) {
        throw DomainError("fps: " + std::to_string(options.fps) + " is not in [0, infinity)");
    }
    if (!(options.live_start >= 0) || std::isinf(options.live_start)) {
        throw DomainError("live_start: " + std::to_string(options.live_start) +
                          " is not in [0, infinity)");
    }
    require_positive("open_timeout", options.open_timeout);
    require_positive("read_timeout", options.read_timeout);
    require_positive("first_backoff", options.first_backoff);
    require_positive("longest_backoff", options.longest_backoff);
    if (options.longest_backoff < options.first_backoff) {
        throw DomainError("longest_backoff: " + std::to_string(options.longest_backoff) +
                          " is below first_backoff");
    }
    if (options.max_reconnects < -1) {
        throw DomainError("max_reconnects: " + std::to_string(options.max_reconnects) +
                          " is not -1, 0 or more");
    }
    if (options.decoder != "auto" && options.decoder != "software" && options.decoder != "cuda" &&
        options.decoder != "vaapi") {
        throw DomainError("decoder: \"" + options.decoder +
                          "\" is not auto, software, cuda or vaapi");
    }
    if (options.decoder_threads < 0) {
        throw DomainError("decoder_threads: " + std::to_string(options.decoder_threads) +
                          " is negative");
    }
}

std::unique_ptr<FrameSource::Reader> open(const std::string& source,
                                          const FrameSourceOptions& options) {
    validate(options);
    const SourceKind kind = kind_of(source);
    if (kind.type == SourceKind::Type::directory) {
        return std::make_unique<ImageDirectory>(source, options);
    }
    return std::make_unique<VideoReader>(source, kind, options);
}

}  // namespace

std::string in_seconds(Seconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", time);
    return text;
}

void FrameSource::Reader::note_gap(Seconds time, const std::string& what) {
    gaps_.add(in_seconds(time) + ": " + what);
}

FrameSource::FrameSource(const std::string& source, FrameSourceOptions options)
    : name_(without_secrets(source)), reader_(open(source, options)) {}
FrameSource::~FrameSource() = default;
FrameSource::FrameSource(FrameSource&&) noexcept = default;
FrameSource& FrameSource::operator=(FrameSource&&) noexcept = default;

bool FrameSource::next(Frame& frame) { return reader_->next(frame); }
std::string FrameSource::decoder() const { return reader_->decoder(); }
int FrameSource::width() const { return reader_->width(); }
int FrameSource::height() const { return reader_->height(); }
double FrameSource::fps() const { return reader_->fps(); }
std::int64_t FrameSource::damaged_packets() const { return reader_->damaged(); }
std::vector<std::string> FrameSource::take_gaps() { return reader_->take_gaps(); }
bool FrameSource::is_live() const { return reader_->is_live(); }
std::optional<Seconds> FrameSource::length() const { return reader_->length(); }
std::string FrameSource::failure() const { return reader_->failure(); }
std::string FrameSource::name() const { return name_; }

}  // namespace ekya
