// What the tests of live sources share: a stream to be sent, and options that do not wait long.
#pragma once

#include <string>

#include "clip.hpp"
#include "ekya/video/frame_source.hpp"
#include "scratch.hpp"

namespace ekya::test {

/// 25 frames a second, MPEG transport stream.
inline std::string transport_stream(int frames) {
    const Scratch scratch;
    write_clip(scratch.file("a.ts"), {.frames = frames});
    return read(scratch.file("a.ts"));
}

inline FrameSourceOptions quick() {
    FrameSourceOptions options;
    options.open_timeout = 5;
    options.read_timeout = 0.5;
    options.first_backoff = 0.05;
    options.longest_backoff = 0.2;
    options.max_reconnects = 3;
    return options;
}

}  // namespace ekya::test
