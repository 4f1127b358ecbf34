#include "video_input.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "reader.hpp"

namespace ekya {
namespace {

constexpr int most_read_errors = 32;  // in a row before the source counts as broken
constexpr std::size_t remembered_damage = 64;

}  // namespace

VideoInput::Event VideoInput::read() {
    if (seen_picture_) {
        interrupt_.expire_in(read_timeout_);
    }
    for (;;) {
        const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
        if (code == 0) {
            if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 ||
                damaged_timestamps_.contains(frame_->best_effort_timestamp)) {
                count_damage(frame_->best_effort_timestamp);
                continue;
            }
            seen_picture_ = true;
            return Event::picture;
        }
        if (code == AVERROR_EOF) {
            return Event::end;
        }
        if (code == AVERROR(ENOMEM)) {
            throw SystemError("out of memory while decoding");
        }
        if (code != AVERROR(EAGAIN)) {
            count_damage(AV_NOPTS_VALUE);
            continue;  // the decoder has used up the packet it failed on
        }
        Event event = Event::failed;
        if (feed(event) == Fed::stop) {
            return event;
        }
    }
}

/// Gives the decoder one packet, or tells it that there are no more.
VideoInput::Fed VideoInput::feed(Event& event) {
    if (interrupt_.cancelled()) {
        event = Event::cancelled;
        return Fed::stop;
    }
    const int code = av_read_frame(format_.get(), packet_.get());
    if (code >= 0) opened_ = 0;
    if (const int lost = ffmpeg::take_lost_packets(); seen_picture_) {
        damaged_ += lost;
    }
    if (code < 0) {
        return read_failed(code, event);
    }
    read_errors_ = 0;
    if (seen_picture_) {
        interrupt_.expire_in(read_timeout_);
    }
    if (packet_->stream_index == stream_->index) {
        const auto time = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
        if (time != AV_NOPTS_VALUE) {
            packets_end_ =
                std::max(packets_end_,
                         av_sat_add64(time, packet_->duration));  // AV_NOPTS_VALUE is the lowest
        }
        send(packet_.get());
    }
    av_packet_unref(packet_.get());
    return Fed::packet;
}

VideoInput::Fed VideoInput::read_failed(int code, Event& event) {
    if (interrupt_.cancelled()) {
        event = Event::cancelled;
    } else if (refused()) {
        event = Event::failed;
        reason_ = refusal_;
    } else if (interrupt_.expired() ||
               code == AVERROR_EXIT) {  // the latter stays after it has expired once
        event = Event::stalled;
        reason_ = seen_picture_ ? "no data for " + in_seconds(read_timeout_) : "no picture in time";
    } else if (code == AVERROR_EOF) {
        reason_ = "end of stream";
        if (!draining_) {
            draining_ = true;
            send(nullptr);
            return Fed::nothing;
        }
        event = Event::end;
    } else if (code == AVERROR(EAGAIN)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return Fed::nothing;
    } else if (code == AVERROR_INVALIDDATA && ++read_errors_ < most_read_errors) {
        if (read_errors_ == 1) {
            count_damage(AV_NOPTS_VALUE);
        }
        return Fed::nothing;
    } else {
        event = Event::failed;
        reason_ = ffmpeg::reason(code);
    }
    return Fed::stop;
}

void VideoInput::send(AVPacket* packet) {
    const int code = avcodec_send_packet(decoder_.get(), packet);
    if (code == AVERROR(ENOMEM)) {
        throw SystemError("out of memory while decoding");
    }
    if (packet == nullptr) {
        return;
    }
    last_packet_marked_ = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    if (last_packet_marked_) {
        count_damage(packet->pts);  // decoded all the same: later pictures may refer to it
    } else if (code < 0) {
        // Decoders with a thread for each frame report late: which packet is meant is not known
        // then.
        count_damage((decoder_->active_thread_type & FF_THREAD_FRAME) != 0 ? AV_NOPTS_VALUE
                                                                           : packet->pts);
    }
}

void VideoInput::count_damage(std::int64_t timestamp) {
    if (facts_.live && !seen_picture_) {
        return;  // joined between two key frames: not damage
    }
    if (timestamp != AV_NOPTS_VALUE) {
        if (!damaged_timestamps_.insert(timestamp).second) {
            return;
        }
        if (damaged_timestamps_.size() > remembered_damage) {
            damaged_timestamps_.erase(damaged_timestamps_.begin());
        }
    }
    ++damaged_;
}

std::string VideoInput::decoder() const {
    const char* const device = frame_->hw_frames_ctx != nullptr ? hardware_.name() : "software";
    return std::string(avcodec_get_name(stream_->codecpar->codec_id)) + ", " + device;
}

std::optional<Seconds> VideoInput::timestamp() const {
    if (!facts_.timestamps || frame_->best_effort_timestamp == AV_NOPTS_VALUE) {
        return std::nullopt;
    }
    return static_cast<double>(frame_->best_effort_timestamp) * av_q2d(stream_->time_base);
}

Seconds VideoInput::missing_at_end() const {
    if (!facts_.end || packets_end_ == AV_NOPTS_VALUE) {
        return 0;
    }
    // A container that counts its frames knows the length of the video alone; others include the
    // sound.
    const Seconds tolerance = stream_->nb_frames > 0 ? 1.5 / facts_.fps : 1 + 1.5 / facts_.fps;
    const Seconds missing =
        *facts_.end - static_cast<double>(packets_end_) * av_q2d(stream_->time_base);
    return missing > tolerance ? missing : 0;
}

}  // namespace ekya
