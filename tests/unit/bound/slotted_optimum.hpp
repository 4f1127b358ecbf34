#pragma once
#include <CbcModel.hpp>
#include <CoinPackedVector.hpp>
#include <OsiClpSolverInterface.hpp>
#include <limits>
#include <utility>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"

namespace ekya::test {

/// Schedules in slots of equal length, as a mixed-integer program: an implementation that shares no
/// code with the bound. Retrainings complete at ends of slots, binaries say which and when;
/// inference mixes its configurations.
class SlottedProgram {
public:
    SlottedProgram(const ScheduleProblem& problem, int slots) : problem_(problem), slots_(slots) {
        solver_.setLogLevel(0);
        solver_.setObjSense(-1);
        for (int k = 0; k < slots; ++k) capacity_.push_back(row(-infinity, problem.gpus));
        for (const auto& stream : problem.streams) add(stream);
    }

    struct Result {
        double mean_accuracy = 0;  ///< of the best schedule found
        bool optimal = false;      ///< proven
    };
    [[nodiscard]] Result solve(double seconds) {
        CbcModel model(solver_);
        model.setLogLevel(0);
        model.setMaximumSeconds(seconds);
        model.setAllowableGap(1e-7);
        model.branchAndBound();
        return {model.getObjValue(), model.isProvenOptimal()};
    }

private:
    static constexpr double infinity = std::numeric_limits<double>::max();  // COIN_DBL_MAX
    using Entries = std::vector<std::pair<int, double>>;

    int row(double low, double high) {
        solver_.addRow(CoinPackedVector(), low, high);
        return solver_.getNumRows() - 1;
    }

    void variable(const Entries& entries, double high, double objective, bool binary) {
        CoinPackedVector column;
        for (const auto& [where, element] : entries) column.insert(where, element);
        solver_.addCol(column, 0, high, objective);
        if (binary) solver_.setInteger(solver_.getNumCols() - 1);
    }

    void add(const PlanningInput& stream) {
        const Seconds length = problem_.horizon / slots_;
        const int once = row(-infinity, 1);
        std::vector<int> old_model;  // inference with it, slot by slot: 1 less what is complete
        for (int k = 0; k < slots_; ++k) {
            old_model.push_back(row(-infinity, 1));
            infer(stream, stream.accuracy, k, old_model[k]);
        }
        for (const auto& retraining : stream.retraining) {
            const int work = row(0, 0);  // done is what the completed one needs
            std::vector<int> served, trained;
            for (int k = 0; k < slots_; ++k) {
                served.push_back(row(-infinity, 0));
                trained.push_back(row(-infinity, 0));
                infer(stream, retraining.accuracy, k, served[k]);
                variable({{capacity_[k], 1 / length}, {trained[k], 1}, {work, 1}}, infinity, 0,
                         false);
            }
            for (int end = 0; end < slots_; ++end) {  // complete at the end of this slot
                Entries entries{{once, 1}, {work, -retraining.device_seconds}};
                for (int k = 0; k <= end; ++k)
                    entries.emplace_back(trained[k], -problem_.max_job_share * length);
                for (int k = end + 1; k < slots_; ++k) {
                    entries.emplace_back(served[k], -1);
                    entries.emplace_back(old_model[k], 1);
                }
                variable(entries, 1, 0, true);
            }
        }
    }

    void infer(const PlanningInput& stream, double accuracy, int slot, int allowed) {
        const double weight = accuracy / (slots_ * static_cast<double>(problem_.streams.size()));
        for (const auto& config : stream.inference)
            variable({{capacity_[slot], config.share}, {allowed, 1}}, 1,
                     weight * config.relative_accuracy, false);
    }

    const ScheduleProblem& problem_;
    int slots_;
    OsiClpSolverInterface solver_;
    std::vector<int> capacity_;
};

}  // namespace ekya::test
