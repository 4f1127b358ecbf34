#include "place/cut_shares.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/plan.hpp"

namespace ekya {
namespace {

/// The jobs of one device, cut until it holds them.
class Cut {
public:
    Cut(const std::vector<PackedJob>& jobs, std::vector<double>& shares,
        const std::vector<std::size_t>& on_device)
        : jobs_(jobs), shares_(shares), on_device_(on_device) {}

    void run() {
        double excess = -1;
        for (const std::size_t j : on_device_) excess += jobs_[j].want;
        if (excess <= plan_tolerance) return;
        excess =
            in_proportion(excess, [&](auto j) { return jobs_[j].inference() ? 0.0 : shares_[j]; });
        excess = cut_inference(excess);
        while (excess > plan_tolerance) excess = cut_largest(excess);
    }

private:
    /// Takes up to `excess` from what each job can give. @return what is left of the excess
    template <typename Gives> double in_proportion(double excess, Gives gives) {
        double all = 0;
        for (const std::size_t j : on_device_) all += gives(j);
        if (all <= 0 || excess <= 0) return excess;
        const double part = std::min(excess / all, 1.0);
        for (const std::size_t j : on_device_) shares_[j] -= part * gives(j);
        return std::max(excess - all, 0.0);
    }

    /// From inference above what holds a_MIN: all from one job, or from all in proportion,
    /// whichever costs less.
    double cut_inference(double excess) {
        if (excess <= 0) return 0;
        const auto spare = [&](auto j) {
            return jobs_[j].inference() ? std::max(shares_[j] - jobs_[j].needs, 0.0) : 0.0;
        };
        const std::vector<double> before = shares_;
        const double left = in_proportion(excess, spare);
        if (left > 0) return left;
        double least = 0;
        for (const std::size_t j : on_device_) least += loss(j, shares_[j]);
        std::vector<double> best = shares_;
        for (const std::size_t j : on_device_) {
            shares_ = before;
            if (spare(j) < excess || loss(j, shares_[j] - excess) >= least) continue;
            least = loss(j, shares_[j] - excess);
            best = shares_;
            best[j] -= excess;
        }
        shares_ = std::move(best);
        return 0;
    }

    /// Below what holds a_MIN, as few as possible: the largest gives. @return what is left of the
    /// excess
    double cut_largest(double excess) {
        const auto largest =
            *std::max_element(on_device_.begin(), on_device_.end(),
                              [&](auto a, auto b) { return shares_[a] < shares_[b]; });
        const double given = std::min(excess, shares_[largest]);
        shares_[largest] -= given;
        return excess - given;
    }

    [[nodiscard]] double loss(std::size_t j, double share) const {
        const PackedJob& job = jobs_[j];
        if (!job.inference()) return 0;
        return job.model_accuracy *
               (job.curve->relative_accuracy(job.want) - job.curve->relative_accuracy(share));
    }

    const std::vector<PackedJob>& jobs_;
    std::vector<double>& shares_;
    const std::vector<std::size_t>& on_device_;
};

}  // namespace

void cut_shares(const std::vector<PackedJob>& jobs, const std::vector<std::size_t>& on_device,
                std::vector<double>& shares) {
    Cut(jobs, shares, on_device).run();
}

}  // namespace ekya
