#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/core/retraining_record.hpp"

namespace ekya {

/// Writes down the lives of one window's retrainings; times are seconds since the window began.
class RetrainingLog {
public:
    using OnChange = std::function<void(const RetrainingRecord&)>;
    RetrainingLog(int window, OnChange on_change)
        : window_(window), on_change_(std::move(on_change)) {}

    /// What a plan grants; its times are since `planned_at`. A retraining that has begun or ended
    /// stays as it is, one that waits gets what the new plan says.
    void planned(const Plan& plan, Seconds planned_at);
    /// Something happened to a stream's retraining. Of `share`, a change to 0 is a pause, one from
    /// 0 a resumption.
    void add(const std::string& stream, RetrainingMoment::What what, Seconds time,
             double share = 0);
    /// Its job has left a model, or none. @param model empty = none
    void trained(const std::string& stream, Seconds time, const std::string& model, double granted,
                 double used);
    void ended(const std::string& stream, Seconds time, RetrainingOutcome outcome,
               const std::string& why);

    /// Null if no plan had one for the stream.
    [[nodiscard]] const RetrainingRecord* find(const std::string& stream) const;
    [[nodiscard]] const std::vector<RetrainingRecord>& records() const { return records_; }

private:
    RetrainingRecord& of(const std::string& stream);
    void changed(const RetrainingRecord& record) const {
        if (on_change_) on_change_(record);
    }

    int window_;
    OnChange on_change_;
    std::vector<RetrainingRecord> records_;  ///< in the order in which they were planned
};

}  // namespace ekya
