#pragma once
#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/window/serving.hpp"
#include "ekya/window/window_jobs.hpp"

namespace ekya::test {

/// A box whose jobs end when the test says, in time that passes only while its runner waits.
class FakeBox : public Clock, public WindowJobs, public Serving {
public:
    struct Order {
        Seconds time = 0;
        std::string text;
    };
    std::vector<Order> orders;  ///< in the order in which they came
    std::vector<PlanningInput> inputs;
    std::map<std::string, Seconds> takes;         ///< by what: "label", "profile", or a stream
    std::map<std::string, WindowJobEnd> results;  ///< by stream: how its retraining ends
    std::map<std::string, std::string> fail_label, fail_profile;
    std::map<std::string, double> needs;
    std::map<std::string, Frames> frames;         ///< that each look sees
    std::map<std::string, std::string> no_files;  ///< by stream: why it cannot be retrained
    std::map<std::string, std::string> refuses;   ///< by stream: why a swap does not succeed
    double decoding = 0;
    Seconds time = 0;

    [[nodiscard]] Seconds now() const override { return time; }
    void sleep(Seconds duration) override { time += duration; }

    void start(const WindowJob& job) override {
        const bool retrain = job.kind == WindowJob::Kind::retrain;
        const std::string what = job.kind == WindowJob::Kind::label     ? "label"
                                 : job.kind == WindowJob::Kind::profile ? "profile"
                                                                        : job.streams.front();
        if (retrain && no_files.contains(what)) throw SystemError(no_files.at(what));
        note(retrain ? "retrain " + what : what, job.share);
        started.push_back(job);
        running_.push_back({job, std::min(time + takes[what], time + job.stop_after)});
    }
    void order(const std::string& stream, const JobOrder& order) override {
        const char* const words[] = {"run ", "pause ", "finish ", "stop "};
        note(words[static_cast<int>(order.state)] + stream, order.share);
        for (auto& job : running_)
            if (job.job.streams.front() == stream && order.state == JobOrder::State::finish)
                job.ends = time;
    }
    [[nodiscard]] std::optional<double> used(const std::string&) override { return std::nullopt; }
    [[nodiscard]] std::vector<WindowJobEnd> wait(Seconds limit) override {
        Seconds next = time + std::min(limit, 1.0);
        for (const auto& job : running_) next = std::min(next, job.ends);
        time = std::max(next, time);
        std::vector<WindowJobEnd> ends;
        std::erase_if(running_, [&](const auto& job) {
            if (job.ends > time) return false;
            ends.push_back(end_of(job.job));
            return true;
        });
        return ends;
    }
    [[nodiscard]] std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>& streams) override {
        std::vector<PlanningInput> chosen;
        for (const auto& input : inputs)
            if (std::find(streams.begin(), streams.end(), input.stream) != streams.end())
                chosen.push_back(input);
        return chosen;
    }

    [[nodiscard]] double reserve() override { return decoding; }
    [[nodiscard]] std::optional<double> need(const std::string& stream) override {
        const auto found = needs.find(stream);
        return found == needs.end() ? std::nullopt : std::optional(found->second);
    }
    void hold(const std::string& stream, double share) override { note("hold " + stream, share); }
    void configure(const std::string&, const InferenceConfig&) override {}
    [[nodiscard]] std::optional<Frames> look(const std::string& stream) override {
        const auto found = frames.find(stream);
        return found == frames.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] Seconds look_every() const override { return 1; }
    void swap(const std::string& stream, const std::string& model, Seconds) override {
        note("swap " + stream + " " + model, 0);
        const auto why = refuses.find(stream);
        swapped_.push_back(
            {stream, model, why == refuses.end(), why == refuses.end() ? "" : why->second});
    }
    [[nodiscard]] std::vector<SwapEnd> swapped() override { return std::exchange(swapped_, {}); }

    std::vector<WindowJob> started;

    /// When something was ordered first; infinite if it was not.
    [[nodiscard]] Seconds when(const std::string& text) const {
        for (const auto& order : orders)
            if (order.text == text) return order.time;
        return std::numeric_limits<double>::infinity();
    }
    /// The share that was ordered last with this text.
    [[nodiscard]] double share(const std::string& text) const {
        double share = -1;
        for (std::size_t i = 0; i < orders.size(); ++i)
            if (orders[i].text == text) share = shares_[i];
        return share;
    }

private:
    struct Running {
        WindowJob job;
        Seconds ends = 0;
    };
    void note(const std::string& text, double share) {
        orders.push_back({time, text});
        shares_.push_back(share);
    }
    [[nodiscard]] WindowJobEnd end_of(const WindowJob& job) const {
        WindowJobEnd end;
        end.kind = job.kind;
        end.streams = job.streams;
        if (job.kind == WindowJob::Kind::retrain) {
            const std::string& stream = job.streams.front();
            if (const auto result = results.find(stream); result != results.end())
                end = result->second;
            else
                end.model = "new-" + stream;
            end.kind = job.kind;
            end.streams = job.streams;
            return end;
        }
        const auto& failing = job.kind == WindowJob::Kind::label ? fail_label : fail_profile;
        for (const auto& stream : job.streams)
            if (const auto why = failing.find(stream); why != failing.end())
                end.failed[stream] = why->second;
        return end;
    }

    std::vector<double> shares_;
    std::vector<Running> running_;
    std::vector<SwapEnd> swapped_;
};

/// A stream that gains from retraining; inference needs `inference` of a device.
inline PlanningInput input_of(const std::string& stream, double accuracy, double after,
                              double device_seconds, double inference = 0.1) {
    PlanningInput input;
    input.stream = stream;
    input.window = 4;
    input.accuracy = accuracy;
    input.retraining = {{{}, after, device_seconds}};
    input.inference = {{{1, 0}, 1, inference}};
    return input;
}

}  // namespace ekya::test
