#include "slurm_job.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "ekya/window/job_directory.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

constexpr Seconds look_every = 0.1, cancel_every = 0.3;
constexpr Seconds box_grace = 0.5;   // that the box may take to act on the deadline itself
constexpr Seconds stop_grace = 2.5;  // the same for an order to stop
constexpr int stopped = 128 + SIGTERM, at_deadline = 124, lost = 128 + SIGKILL;

// What runs on the box: the command under ekya-run, whose code goes where the submitter looks for
// it: that of srun is also 0 when the box is lost. Slurm tells all processes of a job to end; this
// one waits for the others.
const char* const on_box =
    "trap : TERM INT\n"
    "code_file=$1 holder=$2\n"
    "printf '# box %s, job %s\\n' \"$SLURMD_NODENAME\" \"$SLURM_JOB_ID\" >&2\n"
    "code=0\n"
    "\"$holder\" --cores \"$(nproc --all)\" \"${@:3}\" || code=$?\n"
    "set -C; rm -f -- \"$code_file.part\"\n"
    "printf '%d\\n' \"$code\" >\"$code_file.part\" && mv -f \"$code_file.part\" \"$code_file\"\n"
    "exit \"$code\"\n";

// Cancels job $1 of user $3, submitted by process $2, unless it reads a line before its input ends.
// Once is not enough for one that is only being submitted; an srun whose box does not answer is
// killed.
const char* const watch_script =
    "read -r line && exit 0\n"
    "i=0\n"
    "while [ $i -lt 100 ] && kill -0 \"$2\"; do\n"
    "  scancel --quiet --name=\"$1\" --user=\"$3\"\n"
    "  i=$((i + 1))\n"
    "  [ $i -lt 40 ] || kill -KILL \"$2\"\n"
    "  sleep 0.2\n"
    "done\n";

std::string short_host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
    const std::string full = name.data();
    return full.substr(0, full.find('.'));
}

std::string user_name() {
    std::array<char, 4096> space{};
    passwd entry{};
    passwd* found = nullptr;
    getpwuid_r(getuid(), &entry, space.data(), space.size(), &found);
    return found != nullptr ? found->pw_name : std::to_string(getuid());
}

bool is_one_of(const std::string& word, std::initializer_list<const char*> words) {
    for (const char* other : words)
        if (word == other) return true;
    return false;
}

}  // namespace

SlurmJob::SlurmJob(const JobRequest& request, const SlurmOptions& options, const SlurmBoxes& boxes,
                   int number)
    : request_(request),
      o_(options),
      boxes_(boxes),
      // An allocation that this process runs in is not for its jobs.
      environment_(environment_without("SLURM_", "SLURM_CONF")),
      log_((make_room(request), request.log), request.command) {
    if (request_.command.empty()) throw DomainError("command: is empty");
    require_in_range("share", request_.share, 0, 1e6);
    const std::string id = std::to_string(getpid()) + "-" + std::to_string(number);
    aside_ = fs::absolute(request_.log).parent_path() /
             ("." + request_.log.filename().string() + "." + id);
    name_base_ = "ekya-" + request_.log.stem().string() + "-" + short_host_name() + "-" + id;
    if (request_.directory.empty()) request_.directory = aside_.string() + ".job";
    request_.directory = fs::absolute(request_.directory);
    std::error_code code;
    fs::create_directories(request_.directory, code);
    fs::remove(request_.directory / "job.json", code);  // of an earlier job
    record_.id = request_.name;
    record_.executor = "slurm";  // until the box says what holds the share
    for (const auto& word : request_.command) record_.command.push_back(without_secrets(word));
    record_.share = request_.share;
    record_.cores = boxes_.box_cpus;
    record_.started = unix_time();
    submit();
}

std::vector<std::string> SlurmJob::srun_command() const {
    std::vector<std::string> command{"srun",       "--job-name=" + name_, "--nodes=1",
                                     "--ntasks=1", "--export=ALL",        "--mpi=none"};
    const auto add = [&](const std::vector<std::string>& words) {
        command.insert(command.end(), words.begin(), words.end());
    };
    add(slurm_grant(request_.share, boxes_, o_.job_cpus));
    if (request_.deadline > 0) {
        const double left = std::max(0.0, request_.deadline - run_time());
        add({"--time=" + std::to_string(static_cast<long>(2 + left / 60))});
    }
    std::string excluded;
    for (const auto& box : lost_) excluded += (excluded.empty() ? "" : ",") + box;
    if (!excluded.empty()) add({"--exclude=" + excluded});
    if (!o_.partition.empty()) add({"--partition=" + o_.partition});
    add(o_.options);
    // A job that runs again begins with the share that it had last.
    add({"bash", "-c", on_box, "ekya-job", aside_.string() + "." + std::to_string(try_) + ".code",
         o_.ekya_run});
    add(o_.run_options);
    add({"--share", to_text(record_.share), "--job", request_.directory.string()});
    if (request_.deadline > 0) add({"--deadline", to_text(request_.deadline)});
    add({"--"});
    add(request_.command);
    return command;
}

void SlurmJob::submit() {
    ++try_;
    name_ = name_base_ + "-" + std::to_string(try_);
    last_started_ = std::exchange(box_started_, 0);
    const Descriptor out = open_records(aside_.string() + ".out");
    std::erase_if(environment_, [](const auto& variable) {
        return variable.starts_with(std::string(run_clock_variable) + "=");
    });
    environment_.push_back(run_clock_variable + ("=" + run_clock()));
    // In a session of its own: told to end by a signal, srun would kill the job at once.
    srun_ = std::make_unique<Subprocess>(
        srun_command(), Subprocess::Files{-1, out.get(), log_.descriptor()}, environment_);
    watch();
}

void SlurmJob::watch() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError("cannot make a pipe");
    lifeline_ = Descriptor(ends[1]);
    const Descriptor read(ends[0]);
    watch_ = std::make_unique<Subprocess>(
        std::vector<std::string>{"sh", "-c", watch_script, "ekya-watch", name_,
                                 std::to_string(srun_->pid()), user_name()},
        Subprocess::Files{read.get(), -1, -1}, environment_);
}

int SlurmJob::descriptor() const { return srun_ ? srun_->descriptor() : -1; }

Seconds SlurmJob::step() {
    if (ended_) return look_every;
    try {
        follow_record();
        if (squeue_) {
            if (!squeue_->answered()) return look_every;
            std::istringstream words(squeue_->answer());
            std::string state, box;
            words >> state >> box;
            squeue_.reset();
            judge(state, box);
            return look_every;
        }
        if (!srun_) return look_every;
        if (const auto code = srun_->exit_code()) {
            srun_ended(*code);
            return look_every;
        }
        if (cancelled_ == 0 && request_.deadline > 0 && run_time() > request_.deadline + box_grace)
            cancel(at_deadline);
        if (cancelled_ == 0 && asked_to_stop_at_ > 0 &&
            clock_.now() > asked_to_stop_at_ + stop_grace)
            cancel(stopped);
        if (cancelled_ != 0) go_on_cancelling();
    } catch (const Error& e) {
        log_.say(std::string("executor: error: ") + e.what());
        if (!srun_) end(1);
    }
    return look_every;
}

void SlurmJob::order(const JobOrder& order) {
    if (ended_) return;
    if (order.state == JobOrder::State::stop) {
        if (asked_to_stop_at_ > 0) return;
        asked_to_stop_at_ = clock_.now();
        if (box_started_ == 0) cancel(stopped);
    }
    order_ = order;
    try {
        tell_job();
    } catch (const Error& e) {
        log_.say(std::string("executor: warning: ") + e.what());
    }
}

/// An order that comes before the job has begun is told when it has: ekya-run begins by removing
/// those for an earlier job.
void SlurmJob::tell_job() {
    if (order_ && box_started_ > 0) write_order(request_.directory, *order_);
}

/// Takes in what ekya-run says of the job, through the shared directory.
void SlurmJob::follow_record() {
    const fs::path file = request_.directory / "job.json";
    std::error_code code;
    const auto written = fs::last_write_time(file, code);
    if (code || written == read_at_) return;
    JobRecord told;
    try {
        told = read_record<JobRecord>(file);
    } catch (const Error&) {
        return;  // the box may be writing it
    }
    read_at_ = written;
    if (told.exit_code) told.exit_code.reset();  // it has ended when srun says so too
    const bool begun = box_started_ == 0 && told.started != last_started_;
    told.id = record_.id;
    record_ = told;
    if (record_.state == "ended") record_.state = "running";
    if (!begun) return;
    box_started_ = told.started;
    tell_job();
}

void SlurmJob::cancel(int exit_code) {
    cancelled_ = exit_code;
    cancelled_at_ = clock_.now();
    next_cancel_ = 0;
}

/// Slurm tells a running job to end (SIGTERM; after its KillWait it is killed), and takes a waiting
/// one from the queue. Once is not enough for one that is only being submitted.
void SlurmJob::go_on_cancelling() {
    if (clock_.now() > cancelled_at_ + o_.patience) srun_->signal(SIGKILL);  // no box answers
    if (clock_.now() < next_cancel_ || (scancel_ && !scancel_->exit_code())) return;
    next_cancel_ = clock_.now() + cancel_every;
    scancel_ = std::make_unique<Subprocess>(
        std::vector<std::string>{"scancel", "--quiet", "--name=" + name_, "--user=" + user_name()},
        Subprocess::Files{}, environment_);
}

void SlurmJob::srun_ended(int code) {
    srun_.reset();
    const ssize_t written = write(lifeline_.get(), "over\n", 5);
    (void)written;
    lifeline_ = Descriptor();
    watch_.reset();
    srun_code_ = code;
    const fs::path file = aside_.string() + "." + std::to_string(try_) + ".code";
    std::error_code none;
    if (fs::exists(file, none) && cancelled_ != at_deadline)
        return end(std::atoi(read_file(file).c_str()));
    if (cancelled_ != 0) return end(cancelled_);
    squeue_.emplace(std::vector<std::string>{"squeue", "--noheader", "--states=all",
                                             "--name=" + name_, "--format", "%T %N"},
                    environment_, log_.descriptor());
}

/// What is to be done about a job whose exit code did not arrive.
void SlurmJob::judge(const std::string& state, const std::string& box) {
    if (state.empty()) return end(1);  // not accepted; srun has said why
    // The file is not to be seen from here (yet), but srun knows the code as well.
    if (state == "COMPLETED") return end(srun_code_);
    if (!is_one_of(state,
                   {"NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "FAILED", "COMPLETING", "RUNNING"})) {
        log_.say("executor: error: the job was ended by Slurm: " + state);
        return end(lost);
    }
    const std::string what = "box " + box + " is lost (" + state + ")";
    if (asked_to_stop_at_ > 0) return end(stopped);
    if (try_ >= o_.tries) {
        log_.say("executor: error: " + what + ", after " + std::to_string(try_) + " tries");
        return end(lost);
    }
    log_.say("executor: warning: " + what + "; the job runs again elsewhere");
    lost_.push_back(box);
    submit();
}

void SlurmJob::end(int code) {
    ended_ = true;
    read_at_ = {};
    follow_record();  // the last one
    record_.exit_code = code;
    record_.state = "ended";
    std::error_code ignored;
    if (request_.records != "/dev/null") {
        try {
            const auto problem = write_aside(request_.records, read_file(aside_.string() + ".out"));
            if (problem) throw SystemError(problem.message());
        } catch (const Error& e) {
            log_.say("executor: error: " + request_.records.string() +
                     ": cannot be written: " + e.what());
        }
    }
    for (const auto& entry : fs::directory_iterator(aside_.parent_path(), ignored))
        if (entry.path().filename().string().rfind(aside_.filename().string() + ".", 0) == 0)
            fs::remove_all(entry.path(), ignored);
    log_.close_with(code);
}

}  // namespace ekya
