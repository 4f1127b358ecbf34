// What the command line asks for, in one place.
#pragma once

#include <cstdint>
#include <filesystem>

namespace ekya::streets {

struct Settings {
    std::filesystem::path output;  ///< directory; created when missing
    int cameras = 3;               ///< number of streams; >= 1
    double seconds = 110;          ///< length of every stream; > 0
    int fps = 10;                  ///< frames per second; >= 1
    int width = 640;               ///< pixels; even, because H.264 4:2:0 wants it so
    int height = 360;              ///< pixels; even
    double window = 10;      ///< seconds of one retraining window; drift is placed on its scale
    std::uint64_t seed = 1;  ///< same seed and settings, same pixels and boxes
    int threads = 0;         ///< cameras drawn at the same time; 0 = one for each core
    bool overwrite = false;  ///< replace files of an earlier run
};

}  // namespace ekya::streets
