#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/job.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/serving.hpp"
#include "ekya/wire/announcer.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {

struct LiveServingOptions {
    std::string control;  ///< endpoint of the running inferences, with {stream}; empty = none
    SocketSecurity security;
    bool on_cpu = true;  ///< decoding takes time of the devices that are shared out
    std::vector<std::string> streams;
};

/// Inference that runs under ekya-run, as others see it: orders and reports are files in
/// STORE/jobs, everything else goes over its control socket. Without a socket a model that shall
/// serve is made the store's serving one.
class LiveServing : public Serving {
public:
    /// @param say told what is wrong, for people
    LiveServing(Store store, LiveServingOptions options,
                std::function<void(const std::string&)> say);
    ~LiveServing() override;
    LiveServing(const LiveServing&) = delete;
    LiveServing& operator=(const LiveServing&) = delete;

    [[nodiscard]] double reserve() override;
    [[nodiscard]] std::optional<double> need(const std::string& stream) override;
    void hold(const std::string& stream, double share) override;
    void configure(const std::string& stream, const InferenceConfig& config) override;
    [[nodiscard]] std::optional<Frames> look(const std::string& stream) override;
    [[nodiscard]] Seconds look_every() const override;
    void swap(const std::string& stream, const std::string& model, Seconds limit) override;
    [[nodiscard]] std::vector<SwapEnd> swapped() override;

private:
    struct Swap;
    [[nodiscard]] std::filesystem::path job(const std::string& stream, const char* kind) const;
    void repeat_orders();
    void try_order(const std::string& stream, double share) const;

    Store store_;
    LiveServingOptions o_;
    std::function<void(const std::string&)> say_;
    std::unique_ptr<Announcer> announcer_;
    std::map<std::string, ControlReply> before_;  ///< what inference said at the last look
    std::map<std::string, double> unconfirmed_;   ///< shares that a job has not been seen to hold
    std::vector<std::unique_ptr<Swap>> swaps_;
};

}  // namespace ekya
