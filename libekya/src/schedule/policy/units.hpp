#pragma once
#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

/// Shares as whole numbers of units δ. Private to the module.
class Units {
public:
    /// @throws DomainError if unit is not in [0.001, max_job_share], or more than the gpus where
    /// there are any
    Units(const ScheduleProblem& problem, double unit)
        : unit_(unit), per_gpu_(std::round(1 / unit)) {
        require_in_range("unit", unit, 0.001, problem.max_job_share);
        if (problem.gpus > 0) require_in_range("unit", unit, 0, problem.gpus);
        total = whole(problem.gpus);
        per_job = std::min(whole(problem.max_job_share), total);
    }

    /// Divides where a GPU has a whole number of units, so that 3 of 0.1 are 0.3 and not
    /// 0.30000000000000004.
    [[nodiscard]] double share(int units) const {
        const bool whole_per_gpu = std::abs(per_gpu_ * unit_ - 1) < plan_tolerance;
        return whole_per_gpu ? units / per_gpu_ : units * unit_;
    }

    /// Units that fit in a share; at most 1e9.
    [[nodiscard]] int whole(double share) const {
        return static_cast<int>(std::min(std::floor(share / unit_ + plan_tolerance), 1e9));
    }

    int total = 0;    ///< all there are
    int per_job = 0;  ///< the most a job can use

private:
    double unit_, per_gpu_;
};

}  // namespace ekya
