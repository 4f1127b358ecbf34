// What the kinds of source have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/video/frame_source.hpp"
#include "ekya/video/gap_list.hpp"

namespace ekya {

class FrameSource::Reader {
public:
    virtual ~Reader() = default;
    virtual bool next(Frame& frame) = 0;
    [[nodiscard]] virtual std::int64_t damaged() const = 0;
    [[nodiscard]] virtual bool is_live() const = 0;
    /// Why a live source is not tried any more; empty if it ended, or goes on.
    [[nodiscard]] virtual std::string failure() const { return {}; }

    /// Codec and what decodes it; empty for images.
    [[nodiscard]] virtual std::string decoder() const { return {}; }

    /// Length of the whole, where it is known before the end.
    [[nodiscard]] virtual std::optional<Seconds> length() const { return std::nullopt; }

    [[nodiscard]] int width() const { return width_; }
    [[nodiscard]] int height() const { return height_; }
    [[nodiscard]] double fps() const { return fps_; }
    [[nodiscard]] std::vector<std::string> take_gaps() { return gaps_.take(); }

protected:
    /// Notes "12.34 s: what".
    void note_gap(Seconds time, const std::string& what);

    int width_ = 0, height_ = 0;
    double fps_ = 0;

private:
    GapList gaps_;
};

/// "12.34 s".
[[nodiscard]] std::string in_seconds(Seconds time);

}  // namespace ekya
