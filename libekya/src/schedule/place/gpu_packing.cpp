#include "place/gpu_packing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "ekya/core/plan.hpp"
#include "place/cut_shares.hpp"

namespace ekya {
namespace {

constexpr int nowhere = -1;

/// Devices while jobs are laid onto them one after the other; a device may be overloaded.
class Devices {
public:
    Devices(const std::vector<PackedJob>& jobs, int gpus)
        : jobs_(jobs), gpu_of_(jobs.size(), nowhere), free_(static_cast<std::size_t>(gpus), 1.0) {}

    [[nodiscard]] bool placed(std::size_t job) const { return gpu_of_[job] != nowhere; }
    [[nodiscard]] bool fits(std::size_t job, int gpu) const {
        return jobs_[job].want <= free_[gpu] + plan_tolerance;
    }

    void put(std::size_t job, int gpu) {
        if (placed(job)) free_[gpu_of_[job]] += jobs_[job].want;
        gpu_of_[job] = gpu;
        free_[gpu] -= jobs_[job].want;
    }

    /// Where the job leaves least idle; of equal ones where it ran before. Where it has been put is
    /// not looked at.
    [[nodiscard]] int best_fit(std::size_t job) const {
        int best = nowhere;
        for (int gpu = 0; gpu < count(); ++gpu) {
            if (gpu == gpu_of_[job] || !fits(job, gpu)) continue;
            const double less = best == nowhere ? 1 : free_[best] - free_[gpu];
            if (less > plan_tolerance || (less > -plan_tolerance && gpu == jobs_[job].gpu))
                best = gpu;
        }
        return best;
    }

    /// Puts the job where it fits best, or else where the most of it does.
    void put_best(std::size_t job) {
        const int gpu = best_fit(job);
        put(job, gpu != nowhere ? gpu : roomiest(job));
    }

    /// Moves one job, or swaps two, as long as that lessens what is too much on the devices; each
    /// time where it does most.
    void relieve() {
        while (true) {
            Relief best;
            for (std::size_t j = 0; j < jobs_.size(); ++j)
                if (placed(j) && excess(free_[gpu_of_[j]]) > plan_tolerance) consider(j, best);
            if (best.less <= plan_tolerance) return;
            const int from = gpu_of_[best.job];
            put(best.job, best.to);
            if (best.other) put(*best.other, from);
        }
    }

    [[nodiscard]] int count() const { return static_cast<int>(free_.size()); }
    [[nodiscard]] std::vector<int> take() { return std::move(gpu_of_); }

private:
    struct Relief {
        double less = 0;      ///< of what is too much
        int disturbance = 0;  ///< moves of running jobs that it adds, inference counted double
        std::size_t job = 0;
        int to = nowhere;
        std::optional<std::size_t> other = {};  ///< goes the other way
    };

    static double excess(double free) { return std::max(-free, 0.0); }

    /// What a move of the job to this device adds to the moves of running jobs.
    [[nodiscard]] int disturbance(std::size_t job, int to) const {
        const int weight = jobs_[job].inference() ? 2 : 1, ran = jobs_[job].gpu;
        if (ran == nowhere) return 0;
        return weight * ((to != ran ? 1 : 0) - (gpu_of_[job] != ran ? 1 : 0));
    }

    /// All that can be done with one job of an overloaded device.
    void consider(std::size_t job, Relief& best) const {
        const int from = gpu_of_[job];
        const auto offer = [&](double size, Relief relief) {
            const double before = excess(free_[from]) + excess(free_[relief.to]);
            relief.less = before - excess(free_[from] + size) - excess(free_[relief.to] - size);
            if (relief.less <= plan_tolerance) return;
            const bool same = std::abs(relief.less - best.less) <= plan_tolerance;
            if (same ? relief.disturbance < best.disturbance : relief.less > best.less)
                best = relief;
        };
        for (int to = 0; to < count(); ++to)
            if (to != from) offer(jobs_[job].want, {0, disturbance(job, to), job, to});
        for (std::size_t other = 0; other < jobs_.size(); ++other) {
            const int to = gpu_of_[other];
            if (to == nowhere || to == from || jobs_[other].want >= jobs_[job].want) continue;
            offer(jobs_[job].want - jobs_[other].want,
                  {0, disturbance(job, to) + disturbance(other, from), job, to, other});
        }
    }

    [[nodiscard]] int roomiest(std::size_t job) const {
        int best = jobs_[job].gpu == nowhere ? 0 : jobs_[job].gpu;
        for (int gpu = 0; gpu < count(); ++gpu)
            if (free_[gpu] > free_[best] + plan_tolerance) best = gpu;
        return best;
    }

    const std::vector<PackedJob>& jobs_;
    std::vector<int> gpu_of_;
    std::vector<double> free_;
};

using Order = std::vector<std::size_t>;

/// Jobs with a share, in descending order of it.
Order by_share(const std::vector<PackedJob>& jobs) {
    Order order;
    for (std::size_t j = 0; j < jobs.size(); ++j)
        if (jobs[j].want > 0) order.push_back(j);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return jobs[a].want > jobs[b].want; });
    return order;
}

/// Running jobs stay where they are if they fit, those that do not grow first.
void keep(const std::vector<PackedJob>& jobs, const Order& order, bool inference_only,
          Devices& devices) {
    for (const bool grown : {false, true})
        for (const std::size_t j : order) {
            const bool grows = jobs[j].want > jobs[j].share + plan_tolerance;
            if (jobs[j].gpu == nowhere || grows != grown ||
                (inference_only && !jobs[j].inference()))
                continue;
            if (devices.fits(j, jobs[j].gpu)) devices.put(j, jobs[j].gpu);
        }
}

/// Running jobs stay, all of them or inference only; the rest is put where it fits best.
std::vector<int> kept(const std::vector<PackedJob>& jobs, const Order& order, bool inference_only,
                      int gpus) {
    Devices devices(jobs, gpus);
    keep(jobs, order, inference_only, devices);
    for (const std::size_t j : order)
        if (!devices.placed(j)) devices.put_best(j);
    devices.relieve();
    return devices.take();
}

/// Gives the devices of a packing the numbers with which most of its jobs stay where they are.
void rename_devices(const std::vector<PackedJob>& jobs, int gpus, std::vector<int>& gpu_of) {
    const auto n = static_cast<std::size_t>(gpus);
    std::vector<std::vector<double>> stay(n, std::vector<double>(n, 0));
    for (std::size_t j = 0; j < jobs.size(); ++j)
        if (gpu_of[j] != nowhere && jobs[j].gpu != nowhere)
            stay[gpu_of[j]][jobs[j].gpu] += jobs[j].inference() ? 2 : 1;
    std::vector<int> name(n, nowhere);
    std::vector<bool> taken(n, false);
    for (int round = 0; round < gpus; ++round) {
        double most = -1;
        int from = 0, to = 0;
        for (int a = 0; a < gpus; ++a)
            for (int b = 0; b < gpus; ++b)
                if (name[a] == nowhere && !taken[b] && stay[a][b] > most) {
                    most = stay[a][b];
                    from = a;
                    to = b;
                }
        name[from] = to;
        taken[to] = true;
    }
    for (int& gpu : gpu_of)
        if (gpu != nowhere) gpu = name[gpu];
}

std::vector<int> anew(const std::vector<PackedJob>& jobs, Order order, bool inference_first,
                      int gpus) {
    if (inference_first)
        std::stable_partition(order.begin(), order.end(),
                              [&](auto j) { return jobs[j].inference(); });
    Devices devices(jobs, gpus);
    for (const std::size_t j : order) devices.put_best(j);
    devices.relieve();
    auto gpu_of = devices.take();
    rename_devices(jobs, gpus, gpu_of);
    return gpu_of;
}

/// Where the jobs lie, what they get, and what that costs.
struct Packing {
    std::vector<int> gpu_of;
    std::vector<double> shares;
    int below = 0;  ///< inference jobs cut below what holds a_MIN
    double lost = 0, lost_inference = 0;
    int inference_moves = 0, moves = 0;
};

Packing cut_to_fit(const std::vector<PackedJob>& jobs, int gpus, std::vector<int> gpu_of) {
    Packing packing{std::move(gpu_of), std::vector<double>(jobs.size())};
    std::vector<Order> on_device(static_cast<std::size_t>(gpus));
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        packing.shares[j] = jobs[j].want;
        if (packing.gpu_of[j] != nowhere) on_device[packing.gpu_of[j]].push_back(j);
    }
    for (const auto& list : on_device) cut_shares(jobs, list, packing.shares);
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        const double lost = jobs[j].want - packing.shares[j];
        packing.lost += lost;
        if (jobs[j].inference()) packing.lost_inference += lost;
        packing.below +=
            jobs[j].inference() && packing.shares[j] < jobs[j].needs - plan_tolerance ? 1 : 0;
        const bool moved = jobs[j].gpu != nowhere && packing.gpu_of[j] != nowhere &&
                           packing.gpu_of[j] != jobs[j].gpu;
        packing.moves += moved ? 1 : 0;
        packing.inference_moves += moved && jobs[j].inference() ? 1 : 0;
    }
    return packing;
}

bool better(const Packing& a, const Packing& b) {
    if (a.below != b.below) return a.below < b.below;
    if (std::abs(a.lost - b.lost) > plan_tolerance) return a.lost < b.lost;
    if (std::abs(a.lost_inference - b.lost_inference) > plan_tolerance)
        return a.lost_inference < b.lost_inference;
    return std::pair(a.inference_moves, a.moves) < std::pair(b.inference_moves, b.moves);
}

}  // namespace

void pack_jobs(std::vector<PackedJob>& jobs, int gpus) {
    const Order order = by_share(jobs);
    Packing best = cut_to_fit(jobs, gpus, kept(jobs, order, false, gpus));
    const auto offer = [&](std::vector<int> gpu_of) {
        Packing other = cut_to_fit(jobs, gpus, std::move(gpu_of));
        if (better(other, best)) best = std::move(other);
    };
    if (best.lost > 0) {
        offer(kept(jobs, order, true, gpus));
        for (const bool inference_first : {false, true})
            offer(anew(jobs, order, inference_first, gpus));
    }
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        const bool runs = jobs[j].want > 0 && best.shares[j] > 0;
        jobs[j].share = runs ? best.shares[j] : 0;
        jobs[j].gpu = runs ? best.gpu_of[j] : nowhere;
    }
}

}  // namespace ekya
