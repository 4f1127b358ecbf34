#include "ekya/window/slurm_executor.hpp"

#include <atomic>

#include "job_loop.hpp"
#include "slurm_job.hpp"

namespace ekya {
namespace {

/// Slurm remembers jobs by their names for a while: no two of this process may have the same.
std::atomic<int> jobs_so_far = 0;

}  // namespace

struct SlurmExecutor::Parts {
    explicit Parts(const SlurmOptions& given) : options(given), boxes(find_slurm_boxes(given)) {
        if (!boxes.on_cpu) options.run_options.emplace_back("--gpu");
    }
    SlurmOptions options;
    SlurmBoxes boxes;
    JobLoop loop;  // last: its jobs use the rest
};

SlurmExecutor::SlurmExecutor(const SlurmOptions& options)
    : parts_(std::make_unique<Parts>(options)) {}
SlurmExecutor::~SlurmExecutor() = default;

void SlurmExecutor::start(const JobRequest& request) {
    parts_->loop.start(request.name, [&] {
        return std::make_unique<SlurmJob>(request, parts_->options, parts_->boxes, ++jobs_so_far);
    });
}

void SlurmExecutor::order(const std::string& name, const JobOrder& order) {
    parts_->loop.order(name, order);
}

std::optional<JobRecord> SlurmExecutor::record(const std::string& name) const {
    return parts_->loop.record(name);
}

std::vector<JobEnd> SlurmExecutor::wait(Seconds limit) { return parts_->loop.wait(limit); }

const SlurmBoxes& SlurmExecutor::boxes() const { return parts_->boxes; }

}  // namespace ekya
