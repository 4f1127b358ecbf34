#include "ekya/schedule/policy/cloud.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "policy/inference_division.hpp"

namespace ekya {
namespace {

void require_valid(const CloudOptions& options) {
    constexpr double largest = 1e12, smallest = 1e-12;
    require_in_range("uplink_mbps", options.uplink_mbps, smallest, largest);
    require_in_range("downlink_mbps", options.downlink_mbps, smallest, largest);
    require_in_range("bitrate_mbps", options.bitrate_mbps, 0, largest);
    require_in_range("upload_fraction", options.upload_fraction, 0, 1);
    require_in_range("upload_megabits", options.upload_megabits.value_or(0), 0, largest);
    require_in_range("model_megabits", options.model_megabits, 0, largest);
}

/// The most accurate; of equal ones that of fewer device-seconds, then the first. Null if none
/// beats the present model.
const RetrainingOption* most_accurate(const PlanningInput& stream) {
    const RetrainingOption* best = nullptr;
    for (const auto& entry : stream.retraining) {
        if (entry.accuracy <= stream.accuracy) continue;
        const bool better =
            !best || entry.accuracy > best->accuracy ||
            (entry.accuracy == best->accuracy && entry.device_seconds < best->device_seconds);
        if (better) best = &entry;
    }
    return best;
}

/// Streams that send, the largest gain first, then by name.
std::vector<std::size_t> order_of_sending(const ScheduleProblem& problem,
                                          const std::vector<StreamDecision>& decisions) {
    std::vector<std::size_t> order;
    for (std::size_t v = 0; v < decisions.size(); ++v)
        if (decisions[v].retraining) order.push_back(v);
    const auto gain = [&](std::size_t v) {
        return decisions[v].retraining->accuracy - problem.streams[v].accuracy;
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const double x = gain(a), y = gain(b);
        return x != y ? x > y : problem.streams[a].stream < problem.streams[b].stream;
    });
    return order;
}

/// Inference shares from each arrival on.
void add_steps(const ScheduleProblem& problem, const std::vector<std::size_t>& order,
               std::vector<StreamDecision>& decisions) {
    InferenceDivision division(problem);
    std::vector<double> accuracies;
    for (const auto& stream : problem.streams) accuracies.push_back(stream.accuracy);
    const auto divide = [&](Seconds start) {
        const auto shares = division.shares(accuracies);
        for (std::size_t v = 0; v < decisions.size(); ++v) {
            auto& steps = decisions[v].steps;
            if (!steps.empty() && steps.back().start == start) steps.pop_back();
            steps.push_back({start, shares[v], 0});
        }
    };
    divide(0);
    for (const std::size_t v : order) {
        const Seconds start = decisions[v].elsewhere->serves;
        if (start >= problem.horizon) break;  // models arrive in this order
        accuracies[v] = decisions[v].retraining->accuracy;
        divide(start);
    }
}

}  // namespace

std::vector<CloudTransfer> cloud_transfers(const CloudOptions& options, Seconds window,
                                           int streams) {
    require_valid(options);
    require_in_range("window", window, std::numeric_limits<double>::min(),
                     std::numeric_limits<double>::max());
    const double megabits =
        options.upload_megabits.value_or(options.bitrate_mbps * options.upload_fraction * window);
    const Seconds up = megabits / options.uplink_mbps,
                  down = options.model_megabits / options.downlink_mbps;
    std::vector<CloudTransfer> transfers;
    for (int i = 0; i < streams; ++i) {
        CloudTransfer next;
        next.upload_starts = i * up;  // not added up: equal streams, equal times
        next.upload_ends = (i + 1) * up;
        next.download_starts =
            i == 0 ? next.upload_ends : std::max(next.upload_ends, transfers.back().arrives);
        next.arrives = next.download_starts + down;
        transfers.push_back(next);
    }
    return transfers;
}

Plan schedule_cloud(const ScheduleProblem& problem, const CloudOptions& options) {
    validate(problem);
    std::vector<StreamDecision> decisions;
    for (const auto& stream : problem.streams) decisions.push_back({most_accurate(stream), {}});
    const auto order = order_of_sending(problem, decisions);
    const auto transfers =
        cloud_transfers(options, problem.horizon, static_cast<int>(order.size()));
    for (std::size_t i = 0; i < order.size(); ++i)
        decisions[order[i]].elsewhere =
            RetrainingTimes{transfers[i].upload_starts, transfers[i].arrives};
    add_steps(problem, order, decisions);
    return finish_plan(problem, "cloud", std::move(decisions));
}

Policy cloud_policy() {
    Policy policy{"cloud", "retraining in the cloud, models come over a link",
                  [](const auto& problem, const auto& options) {
                      return schedule_cloud(problem, options.cloud);
                  }};
    constexpr double least = 1e-12, most = 1e12;
    policy.options = {
        {"--cloud-uplink-mbps", "Mbit/s of all streams together (cloud)", "5.1", least, most,
         [](PolicyOptions& options, double rate) { options.cloud.uplink_mbps = rate; }},
        {"--cloud-downlink-mbps", "the same, down (cloud)", "17.5", least, most,
         [](PolicyOptions& options, double rate) { options.cloud.downlink_mbps = rate; }},
        {"--cloud-bitrate-mbps", "of one stream's video (cloud)", "4", 0, most,
         [](PolicyOptions& options, double rate) { options.cloud.bitrate_mbps = rate; }},
        {"--cloud-upload-fraction", "part of the video that is sent (cloud)", "0.1", 0, 1,
         [](PolicyOptions& options, double part) { options.cloud.upload_fraction = part; }},
        {"--cloud-model-megabits", "size of a model (cloud)", "398", 0, most,
         [](PolicyOptions& options, double size) { options.cloud.model_megabits = size; }},
    };
    policy.replans = false;
    policy.simulated_only = true;
    return policy;
}

}  // namespace ekya
