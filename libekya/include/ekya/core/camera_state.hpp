#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ekya {

/// How one camera stands, for programs that show it (schema ekya.camera-state/1).
struct CameraState {
    std::string stream;
    bool online = false;      ///< a frame was answered within the last seconds
    std::string utc = {};     ///< arrival of the frame answered last, RFC 3339; empty = none yet
    int window = -1;          ///< of that frame; -1 = none yet
    std::int64_t frame = -1;  ///< its index; -1 = none yet
    std::string model = {};   ///< id of the model that serves; empty = not known
    std::map<std::string, int> counts = {};    ///< objects of each class in the frame analysed last
    double answers_per_second = 0;             ///< frames answered, mean of the last seconds
    std::optional<double> accuracy = {};       ///< of the newest scored window; in [0, 1]
    std::optional<double> agreement = {};      ///< with the golden model, newest labels; in [0, 1]
    std::optional<int> agreement_labels = {};  ///< that it was measured on
};

}  // namespace ekya
