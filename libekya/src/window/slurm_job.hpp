#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/window/slurm_executor.hpp"
#include "job_log.hpp"
#include "job_loop.hpp"
#include "subprocess.hpp"

namespace ekya {

/// One job under Slurm: an srun, and another one when its box is lost.
class SlurmJob : public SteppedJob {
public:
    /// @param number of the job among those of this process. @throws DomainError, SystemError
    SlurmJob(const JobRequest& request, const SlurmOptions& options, const SlurmBoxes& boxes,
             int number);

    Seconds step() override;
    void order(const JobOrder& order) override;
    [[nodiscard]] bool ended() const override { return ended_; }
    [[nodiscard]] JobRecord record() const override { return record_; }
    [[nodiscard]] int descriptor() const override;

private:
    void submit();
    [[nodiscard]] std::vector<std::string> srun_command() const;
    /// A process that cancels the job when this process is gone.
    void watch();
    void follow_record();
    void cancel(int exit_code);
    void go_on_cancelling();
    void srun_ended(int code);
    void judge(const std::string& state, const std::string& box);
    void end(int code);
    void tell_job();

    JobRequest request_;
    const SlurmOptions& o_;
    const SlurmBoxes& boxes_;
    std::vector<std::string> environment_;
    JobLog log_;
    std::filesystem::path aside_;  // beside the log: begin of the names of this job's own files
    std::string name_base_, name_;
    SystemClock clock_;
    int try_ = 0;
    std::vector<std::string> lost_;  // boxes
    std::unique_ptr<Subprocess> srun_, watch_, scancel_;
    Descriptor lifeline_;  // the watch reads its other end
    std::optional<Question> squeue_;
    int srun_code_ = 0;
    int cancelled_ = 0;  // exit code of a job that was cancelled; 0 = it was not
    Seconds cancelled_at_ = 0, asked_to_stop_at_ = 0, next_cancel_ = 0;
    std::optional<JobOrder> order_;  // the last
    std::filesystem::file_time_type read_at_{};
    JobRecord record_;
    double box_started_ = 0;   // as the record on the box said; 0 = it does not run yet
    double last_started_ = 0;  // the same of the try before
    bool ended_ = false;
};

}  // namespace ekya
