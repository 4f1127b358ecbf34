#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ekya/store/live_files.hpp"

namespace ekya {

/// The pictures of one camera as they come, for any number of viewers. While nobody looks nothing
/// is subscribed to, and nothing costs anything. Each picture is drawn once; a viewer that is slow
/// gets the newest when it comes back.
class CameraView {
public:
    struct Picture {
        std::uint64_t number = 0;  ///< from 1
        std::string jpeg;
    };
    /// @param max_rate pictures a second; > 0
    CameraView(LiveFiles files, std::string stream, double max_rate);
    ~CameraView();
    CameraView(const CameraView&) = delete;
    CameraView& operator=(const CameraView&) = delete;

    /// The first picture behind that number; null if none comes in time.
    [[nodiscard]] std::shared_ptr<const Picture> newer(std::uint64_t number,
                                                       std::chrono::milliseconds limit);
    /// Ends the work where nobody has looked for some seconds.
    void rest_if_unseen();
    [[nodiscard]] bool works() const;

    static constexpr std::chrono::seconds linger{5};

private:
    void work(const std::stop_token& stop);
    void show(std::string jpeg);

    LiveFiles files_;
    std::string stream_;
    double max_rate_;
    mutable std::mutex mutex_;
    std::condition_variable news_;
    std::shared_ptr<const Picture> newest_;
    std::chrono::steady_clock::time_point seen_;  // when somebody looked last
    std::uint64_t number_ = 0;
    int viewers_ = 0;  // that wait
    std::jthread worker_;
};

}  // namespace ekya
