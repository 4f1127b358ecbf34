#include "ekya/window/clear_away.hpp"

#include "ekya/core/leftovers.hpp"
#include "ekya/window/job_files.hpp"

namespace ekya {
namespace {

constexpr Seconds hour = 3600;

}  // namespace

void clear_away(const std::filesystem::path& store, const Boxes& boxes) {
    (void)sweep_leftovers(store, boxes.jobs_are_here() ? 0 : hour);
    (void)end_lost_jobs(store);
}

}  // namespace ekya
