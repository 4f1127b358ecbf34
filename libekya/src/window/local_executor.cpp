#include "ekya/window/local_executor.hpp"

#include <fcntl.h>

#include <map>
#include <mutex>
#include <optional>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/job.hpp"
#include "ekya/device/worker.hpp"
#include "ekya/window/job_directory.hpp"
#include "job_log.hpp"
#include "job_loop.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

constexpr Seconds retry_every = 1;

/// Last records of jobs that a full disk had no room for. Without them a job seems to run for ever.
class UnwrittenRecords {
public:
    void add(const JobDirectory& directory, const JobRecord& record) {
        if (directory.write(record)) return;
        const std::lock_guard lock(mutex_);
        records_.emplace(directory.path(), record);
    }
    /// A job that begins writes its own.
    void forget(const fs::path& directory) {
        const std::lock_guard lock(mutex_);
        records_.erase(directory);
    }
    void try_again() {
        const std::lock_guard lock(mutex_);
        if (records_.empty() || clock_.now() < next_) return;
        next_ = clock_.now() + retry_every;
        std::erase_if(records_, [](const auto& entry) {
            std::error_code code;
            return !fs::exists(entry.first, code) || write_record(entry.first, entry.second);
        });
    }

private:
    std::mutex mutex_;
    std::map<fs::path, JobRecord> records_;  // by directory
    SystemClock clock_;
    Seconds next_ = 0;
};

/// One job with its files.
class LocalJob : public SteppedJob {
public:
    LocalJob(const JobRequest& request, const LocalExecutorOptions& options,
             const ShareHolder& holder, Launcher& launcher, UnwrittenRecords& unwritten)
        : unwritten_(unwritten),
          log_((make_room(request), request.log), request.command),
          in_("/dev/null", O_RDONLY),
          out_(open_records(request.records)),
          limit_(holder.limit(request.name)) {
        unwritten_.forget(request.directory);
        if (!request.directory.empty()) directory_.emplace(request.directory);
        JobOptions job;
        job.id = request.name;
        job.command = request.command;
        job.order.share = request.share;
        job.deadline = request.deadline;
        job.cores = holder.cores();
        job.grace = options.grace;
        job.stopped_patience = options.stopped_patience;
        job.report_every = options.report_every;
        job.streams = {in_.get(), out_.get(), log_.descriptor()};
        try {
            job_.emplace(job, *limit_, hooks(), launcher);
        } catch (const Error& e) {
            log_.say(std::string("executor: error: ") + e.what());
            log_.close_with(126);
            throw;
        }
    }

    Seconds step() override {
        const Seconds next = job_->step();
        if (job_->ended() && !closed_) {
            closed_ = true;
            if (directory_) unwritten_.add(*directory_, job_->record());
            log_.close_with(job_->record().exit_code.value_or(1));
        }
        return next;
    }
    void order(const JobOrder& order) override { job_->order(order); }
    [[nodiscard]] bool ended() const override { return job_->ended() && closed_; }
    [[nodiscard]] JobRecord record() const override { return job_->record(); }
    [[nodiscard]] int descriptor() const override { return job_->descriptor(); }

private:
    JobHooks hooks() {
        JobHooks hooks;
        hooks.on_problem = [this](const std::string& problem) {
            log_.say("executor: warning: " + problem);
        };
        if (!directory_) return hooks;
        hooks.next_order = [this] { return directory_->next_order(); };
        hooks.on_use = [this](const JobUse& use) { directory_->add(use); };
        hooks.on_record = [this](const JobRecord& record) { (void)directory_->write(record); };
        return hooks;
    }

    UnwrittenRecords& unwritten_;
    JobLog log_;
    Descriptor in_, out_;
    std::unique_ptr<ShareLimit> limit_;
    std::optional<JobDirectory> directory_;
    std::optional<HeldJob> job_;
    bool closed_ = false;
};

}  // namespace

struct LocalExecutor::Parts {
    explicit Parts(const LocalExecutorOptions& given) : options(given), holder(given.holder) {
        if (!holder.why_not_mps().empty() && options.on_problem)
            options.on_problem("shares of the GPU are not held: " + holder.why_not_mps());
        if (options.worker.empty())
            launcher = std::make_unique<ExecLauncher>();
        else
            launcher = std::make_unique<WorkerLauncher>(
                WorkerOptions{options.worker, options.worker_runs, options.on_problem});
    }
    LocalExecutorOptions options;
    ShareHolder holder;
    std::unique_ptr<Launcher> launcher;
    UnwrittenRecords unwritten;
    JobLoop loop;  // last: its jobs use the rest
};

LocalExecutor::LocalExecutor(const LocalExecutorOptions& options)
    : parts_(std::make_unique<Parts>(options)) {}
LocalExecutor::~LocalExecutor() = default;

void LocalExecutor::start(const JobRequest& request) {
    parts_->loop.start(request.name, [&] {
        return std::make_unique<LocalJob>(request, parts_->options, parts_->holder,
                                          *parts_->launcher, parts_->unwritten);
    });
}

void LocalExecutor::order(const std::string& name, const JobOrder& order) {
    parts_->loop.order(name, order);
}

std::optional<JobRecord> LocalExecutor::record(const std::string& name) const {
    return parts_->loop.record(name);
}

std::vector<JobEnd> LocalExecutor::wait(Seconds limit) {
    parts_->unwritten.try_again();
    return parts_->loop.wait(limit);
}

int LocalExecutor::cores() const { return parts_->holder.cores(); }

}  // namespace ekya
