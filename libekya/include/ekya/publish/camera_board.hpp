#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/camera_state.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/store/store.hpp"
#include "ekya/wire/json.hpp"

namespace ekya {

/// Puts together how each camera stands, from its answers and from what the store says of its model
/// and its newest windows.
class CameraBoard {
public:
    CameraBoard(Store store, const Clock& clock);

    /// A camera that is there, though nothing may have been answered yet.
    void add(const std::string& stream);
    /// @param answer ekya.inference/1, of which nothing has been checked but its stream
    void answered(const std::string& stream, Json answer);
    [[nodiscard]] std::vector<std::string> streams() const;
    /// @throws InputError if the newest answer makes no sense
    [[nodiscard]] CameraState state(const std::string& stream);

    /// Without an answer for so long a camera is offline.
    static constexpr Seconds offline_after = 10;
    /// Cameras, and classes of each, that are told of.
    static constexpr std::size_t most_streams = 1000, most_classes = 100;

private:
    static constexpr int rate_seconds = 10;
    struct Camera {
        std::optional<Json> analysed, skipped;  // the newest answers of both kinds
        bool newest_is_skipped = false;
        std::optional<Seconds> answered_at;
        std::array<int, rate_seconds> counts{};  // answers in each of the last seconds
        long counted_second = 0;
        std::string model;                 // whose classes these are
        std::vector<std::string> classes;  // of the model
        std::optional<double> accuracy, agreement;
        std::optional<int> labels;
        int scored_window = -1, labelled_window = -1;
        Seconds next_look = 0;
    };
    void count(Camera& camera, int answers);
    void look_into_store(const std::string& stream, Camera& camera, int window);
    void take_classes(const std::string& stream, Camera& camera, const std::string& model);

    Store store_;
    const Clock& clock_;
    std::map<std::string, Camera> cameras_;
};

}  // namespace ekya
