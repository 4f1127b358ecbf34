// The shares that the jobs of a run held.
#pragma once
#include "ekya/report/history.hpp"
#include "ekya/store/store.hpp"
#include "reader.hpp"
#include "time_axis.hpp"

namespace ekya::report {

/// Of all jobs of a run, from what they were measured to be granted; where that is no longer
/// stored, from the lives of retrainings and from plans. `run` has its streams and windows.
[[nodiscard]] std::vector<JobHistory> job_histories(const Store& store, const RunHistory& run,
                                                    const TimeAxis& axis, Reader& reader);

}  // namespace ekya::report
