#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>

namespace ekya {

/// Loads a model aside while the old one goes on answering; one load at a time, a newer wish replaces a result that was
/// not taken. The exchange itself happens where the caller takes the result: between two frames.
template <typename Model>
class BackgroundLoader {
public:
    /// Starts loading; an unfinished load is waited for first.
    void start(std::function<std::unique_ptr<Model>()> load) {
        if (loading_.valid()) loading_.wait();
        loading_ = std::async(std::launch::async, std::move(load));
    }
    [[nodiscard]] bool busy() const { return loading_.valid(); }
    /// True if a result (or its error) can be taken without waiting.
    [[nodiscard]] bool ready() const {
        return loading_.valid() && loading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }
    /// @throws whatever the load threw
    std::unique_ptr<Model> take() { return loading_.get(); }

private:
    std::future<std::unique_ptr<Model>> loading_;
};

}  // namespace ekya
