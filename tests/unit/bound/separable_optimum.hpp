#pragma once
#include <CbcModel.hpp>
#include <CoinPackedVector.hpp>
#include <OsiClpSolverInterface.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"

namespace ekya::test {

/// Plans in which every stream keeps one total share, as a multiple-choice knapsack: one binary for
/// every stream, total and retraining configuration (or none). An implementation that shares no
/// code with the scheduler, but for steps of inference configurations and continuous time only.
class SeparableProgram {
public:
    /// What one choice gives; added up over streams.
    struct Worth {
        int violations = 0;
        double shortfall = 0, accuracy = 0;
    };
    struct Result {
        Worth worth;
        bool optimal = false;  ///< proven, in all stages
    };

    SeparableProgram(const ScheduleProblem& problem, int units_per_gpu)
        : problem_(problem),
          unit_(1.0 / units_per_gpu),
          total_(static_cast<int>(std::floor(problem.gpus * units_per_gpu + 1e-9))),
          per_job_(static_cast<int>(std::floor(problem.max_job_share * units_per_gpu + 1e-9))) {
        solver_.setLogLevel(0);
        solver_.addRow(CoinPackedVector(), -infinity, total_);
        for (const auto& stream : problem.streams) {
            solver_.addRow(CoinPackedVector(), 1, 1);
            add(stream);
        }
    }

    /// Fewest violations, then the smallest shortfall, then the highest accuracy, each held in the
    /// stages that follow.
    [[nodiscard]] Result solve(double seconds_each) {
        Result result;
        result.optimal = true;
        const auto stage = [&](auto field, double sense) {
            solver_.setObjSense(sense);
            for (int i = 0; i < solver_.getNumCols(); ++i) solver_.setObjCoeff(i, field(worth_[i]));
            CbcModel model(solver_);
            model.setLogLevel(0);
            model.setMaximumSeconds(seconds_each);
            model.setAllowableGap(1e-9);
            model.branchAndBound();
            result.optimal = result.optimal && model.isProvenOptimal();
            result.worth = chosen(model.bestSolution());
        };
        const auto hold = [&](auto field, double most) {
            CoinPackedVector row;
            for (int i = 0; i < solver_.getNumCols(); ++i)
                if (field(worth_[i]) != 0) row.insert(i, field(worth_[i]));
            solver_.addRow(row, -infinity, most);
        };
        const auto violations = [](const Worth& worth) {
            return static_cast<double>(worth.violations);
        };
        const auto shortfall = [](const Worth& worth) { return worth.shortfall; };
        if (problem_.min_accuracy > 0) {
            stage(violations, 1);
            hold(violations, result.worth.violations + 0.1);
            if (result.worth.violations > 0) stage(shortfall, 1);
            hold(shortfall, result.worth.shortfall + 1e-7);
        }
        stage([](const Worth& worth) { return worth.accuracy; }, -1);
        return result;
    }

private:
    static constexpr double infinity = std::numeric_limits<double>::max();  // COIN_DBL_MAX

    [[nodiscard]] static double relative(const PlanningInput& stream, double share) {
        double best = -1, cheapest_share = infinity, cheapest = 0;
        for (const auto& config : stream.inference) {
            if (config.share <= share + 1e-9) best = std::max(best, config.relative_accuracy);
            if (config.share < cheapest_share) {
                cheapest_share = config.share;
                cheapest = config.relative_accuracy;
            }
        }
        return best >= 0 ? best : cheapest * share / cheapest_share;
    }

    [[nodiscard]] Worth worth_of(double seconds, double during, double after) const {
        const double weight = seconds / problem_.horizon, least = problem_.min_accuracy;
        const auto lacking = [&](double accuracy) {
            return accuracy < least - 1e-9 ? least - accuracy : 0;
        };
        const double shortfall = weight * lacking(during) + (1 - weight) * lacking(after);
        return {shortfall > 0 ? 1 : 0, shortfall, weight * during + (1 - weight) * after};
    }

    [[nodiscard]] static bool better(const Worth& a, const Worth& b) {
        if (a.violations != b.violations) return a.violations < b.violations;
        if (std::abs(a.shortfall - b.shortfall) > 1e-12) return a.shortfall < b.shortfall;
        return a.accuracy > b.accuracy;
    }

    void add(const PlanningInput& stream) {
        for (int units = 0; units <= std::min(total_, 2 * per_job_); ++units) {
            const double after = relative(stream, unit_ * std::min(units, per_job_));
            variable(units, worth_of(0, 0, stream.accuracy * after));
            for (const auto& entry : stream.retraining) {
                Worth best{2, 0, 0};  // worse than any split
                for (int retraining = 1; retraining <= std::min(units, per_job_); ++retraining) {
                    const double seconds = entry.device_seconds / (unit_ * retraining);
                    if (seconds > problem_.horizon) continue;
                    const double during =
                        relative(stream, unit_ * std::min(units - retraining, per_job_));
                    const Worth worth =
                        worth_of(seconds, stream.accuracy * during, entry.accuracy * after);
                    if (better(worth, best)) best = worth;
                }
                if (best.violations < 2) variable(units, best);
            }
        }
    }

    void variable(int units, const Worth& worth) {
        CoinPackedVector column;
        if (units > 0) column.insert(0, units);
        column.insert(solver_.getNumRows() - 1, 1);
        solver_.addCol(column, 0, 1, 0);
        solver_.setInteger(solver_.getNumCols() - 1);
        worth_.push_back(worth);
    }

    [[nodiscard]] Worth chosen(const double* solution) const {
        Worth sum;
        for (std::size_t i = 0; solution && i < worth_.size(); ++i) {
            if (solution[i] < 0.5) continue;
            sum.violations += worth_[i].violations;
            sum.shortfall += worth_[i].shortfall;
            sum.accuracy += worth_[i].accuracy;
        }
        return sum;
    }

    const ScheduleProblem& problem_;
    double unit_;
    int total_, per_job_;
    OsiClpSolverInterface solver_;
    std::vector<Worth> worth_;  ///< of every variable
};

}  // namespace ekya::test
