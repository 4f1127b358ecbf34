#include "ekya/serving/serve_live.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "ekya/device/device.hpp"

namespace ekya {
namespace {

using Servers = std::vector<StreamServer*>;

/// The process's use of its device since the last call, in core-seconds: CPU time but for the
/// loading of models; of a GPU, device-seconds times the cores that stand for one device.
class UseMeter {
public:
    explicit UseMeter(const Servers& servers)
        : servers_(servers), device_(servers.front()->device()), last_(now()) {}
    Seconds take() {
        const Seconds before = std::exchange(last_, now());
        return std::max(last_ - before, 0.0);
    }

private:
    [[nodiscard]] Seconds now() const {
        if (device_ != "cpu") return device_seconds(device_) * device_cores();
        Seconds loading = 0;
        for (const auto* server : servers_) loading += server->loading_cpu_seconds();
        return process_cpu_seconds() - loading;
    }
    const Servers servers_;
    const std::string device_;
    Seconds last_;
};

void charge_all(const Servers& servers, Seconds cpu) {
    for (auto* server : servers) server->charge(cpu / static_cast<double>(servers.size()));
}

struct Analysed {
    std::vector<ClassifiedObject> objects;
    std::string why;  ///< it could not be analysed; empty = it was
};

/// In one batch. Where that fails each is analysed by itself: one stream's frame that cannot be
/// analysed takes no other one with it.
std::vector<Analysed> analyse_each(std::span<const FrameToAnalyse> frames) {
    std::vector<Analysed> results(frames.size());
    const auto analyse = [&](std::size_t first, std::size_t count) {
        auto objects = analyse_frames(frames.subspan(first, count));
        for (std::size_t i = 0; i < count; ++i) results[first + i].objects = std::move(objects[i]);
    };
    try {
        analyse(0, frames.size());
        return results;
    } catch (const std::exception& e) {
        if (frames.size() == 1) results[0].why = e.what();
    }
    for (std::size_t i = 0; frames.size() > 1 && i < frames.size(); ++i) try {
            analyse(i, 1);
        } catch (const std::exception& e) {
            results[i].why = e.what();
        }
    return results;
}

/// One batch of all frames that are due. @return whether there was any
bool analyse_due(const Servers& servers, const Clock& clock, UseMeter& meter) {
    Servers whose;
    std::vector<FrameToAnalyse> frames;
    double weight = 0;
    for (auto* server : servers)
        if (const auto frame = server->due()) {
            whose.push_back(server);
            frames.push_back(*frame);
            weight += 1 + static_cast<double>(frame->boxes.size());
        }
    if (frames.empty()) return false;
    charge_all(servers, meter.take());
    const Seconds start = clock.now();
    auto objects = analyse_each(frames);
    const Seconds took = clock.now() - start, cpu = meter.take();
    for (std::size_t i = 0; i < whose.size(); ++i) {
        whose[i]->charge(cpu * (1 + static_cast<double>(frames[i].boxes.size())) / weight);
        if (objects[i].why.empty())
            whose[i]->answer_due(std::move(objects[i].objects), took);
        else
            whose[i]->skip_due(objects[i].why);
    }
    return true;
}

void wait_for_work(const Servers& servers) {
    Seconds wait = 0.02;  // a load that ends wakes nobody up
    std::vector<InferenceSockets*> sockets;
    for (auto* server : servers) {
        sockets.push_back(&server->sockets());
        if (!server->idle()) wait = std::min(wait, server->owed());
    }
    InferenceSockets::wait(sockets,
                           std::chrono::milliseconds(static_cast<int>(std::ceil(wait * 1000))));
}

}  // namespace

void serve_live(const std::vector<std::unique_ptr<StreamServer>>& all, const Clock& clock,
                const std::function<bool()>& interrupted) {
    Servers servers;
    for (const auto& server : all) servers.push_back(server.get());
    if (servers.empty()) return;
    UseMeter meter(servers);
    while (!servers.empty() && !interrupted()) {
        for (auto* server : servers) server->advance();
        if (!analyse_due(servers, clock, meter)) wait_for_work(servers);
        charge_all(servers, meter.take());
        std::erase_if(servers, [](const auto* server) { return server->done(); });
    }
    for (const auto& server : all) server->finish();
}

}  // namespace ekya
