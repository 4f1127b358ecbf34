// ekya-follow: follow a plan while its window runs.
//   in: ekya.plan/1 (--plan), ekya.retraining-event/1 of kind end as retrainings end;
//   ekya.replan-reply/1 over ZeroMQ (--replan) out: ekya.retraining-event/1, when they are due;
//   ekya.job-order/1 into jobs' directories (--jobs)      stderr: messages
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <thread>

#include "ekya/cli/live_lines.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/schedule/window_runtime.hpp"
#include "ekya/wire/announcer.hpp"
#include "ekya/wire/plan_sockets.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"

namespace {

namespace fs = std::filesystem;
using Milliseconds = std::chrono::milliseconds;
using Kind = ekya::RetrainingEvent::Kind;

struct Options {
    ekya::cli::InputOutput io;
    ekya::SocketSecurity security;
    std::string plan, announce, jobs, replan;
    double deadline = 0;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add_output(app, o.io);
    app.add_option("--plan", o.plan, "ekya.plan/1 file to follow")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option(
           "--deadline", o.deadline,
           "Unix time at which the plan's window ends (default: the plan's horizon from now)")
        ->check(CLI::PositiveNumber);
    app.add_option("--announce", o.announce,
                   "tell running inferences when their share or frame stride changes: control "
                   "endpoint, {stream} becomes the id");
    auto* jobs = app.add_option(
        "--jobs", o.jobs,
        "directory of the jobs that ekya-run holds: STREAM.infer and WINDOW/STREAM.train are "
        "ordered their shares, and running retrainings may be paused");
    app.add_option("--replan", o.replan,
                   "endpoint of ekya-schedule --serve: asked for a new plan whenever a retraining "
                   "has ended or takes longer than planned")
        ->needs(jobs);
    ekya::cli::add(app, o.security);
    ekya::cli::describe(
        app, {"ekya.plan/1 (--plan); on stdin ekya.retraining-event/1 \"end\", JSON Lines, as "
              "retrainings end",
              "ekya.retraining-event/1 \"start\", \"skip\" and, with --jobs, \"share\" and "
              "\"finish\", when they are due; ekya.job-order/1 (--jobs)",
              "ekya-follow --plan ekya-data/plans/00004.json", "Ekya, NSDI 2022, section 4.2"});
}

double unix_time() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// The directories of the jobs that ekya-run holds.
class Jobs {
public:
    Jobs(fs::path root, int window) : root_(std::move(root)) {
        char number[16];
        std::snprintf(number, sizeof number, "%05d", window);
        window_ = root_ / number;
    }
    [[nodiscard]] fs::path inference(const std::string& stream) const {
        return root_ / (stream + ".infer");
    }
    [[nodiscard]] fs::path retraining(const std::string& stream) const {
        return window_ / (stream + ".train");
    }
    /// A job that is not there cannot be told anything; one that has not started yet starts with
    /// what it is told then.
    static void order(const fs::path& job, const ekya::JobOrder& order) {
        std::error_code code;
        if (!fs::is_directory(job, code)) return;
        const fs::path aside = job / ".order.follow";
        if (!(std::ofstream(aside) << ekya::to_line(ekya::encode(order)) << std::flush))
            throw ekya::SystemError(aside.string() + ": cannot be written");
        fs::rename(aside, job / "order.json");
    }
    [[nodiscard]] std::optional<double> used(const std::string& stream) const {
        const auto job = record(retraining(stream));
        return job ? std::optional(job->used) : std::nullopt;
    }
    /// What it runs with; 0 = no limit, none = it is not running.
    [[nodiscard]] std::optional<double> share(const fs::path& job) const {
        const auto found = record(job);
        return found && found->state != "ended" ? std::optional(found->share) : std::nullopt;
    }

private:
    static std::optional<ekya::JobRecord> record(const fs::path& job) {
        std::error_code code;
        if (!fs::exists(job / "job.json", code)) return std::nullopt;
        return ekya::read_record<ekya::JobRecord>(job / "job.json");
    }

    fs::path root_, window_;
};

/// The plan's follower with its inputs and outputs. Without --jobs nothing that runs can be
/// changed, and the plan holds.
class Following {
public:
    Following(const Options& o, ekya::Plan plan, ekya::cli::Context& context)
        : o_(o), context_(context), output_(context.output(o.io)), jobs_(o.jobs, plan.window) {
        if (o.jobs.empty())
            fixed_.emplace(std::move(plan));
        else
            runtime_.emplace(std::move(plan));
        if (o.announce.empty()) return;
        announcer_.emplace(
            [&o](const std::string& stream, const ekya::ControlRequest& request) {
                return ekya::send_control(ekya::endpoint_for(o.announce, stream), request,
                                          Milliseconds(2000), o.security);
            },
            [&context](const std::string& problem) { context.warn(problem); });
    }

    /// @param elapsed seconds since the plan was made
    void run(double elapsed) {
        const double begun = clock_.now() - elapsed;
        const auto now = [&] { return std::max(clock_.now() - begun, 0.0); };
        while (true) {
            ekya::cli::Context::check_interrupted();
            act(fixed_ ? fixed_->advance(now()) : runtime_->advance(now()));
            if (fixed_ ? fixed_->done() : runtime_->done()) break;
            if (!o_.replan.empty() && !o_.announce.empty()) look_at_inference();
            if (!o_.replan.empty() && runtime_->wants_plan(now())) {
                replan(now());
                continue;
            }
            // Now and then it looks around anyway: a signal that comes just before the waiting
            // would be slept over.
            const double wait = (fixed_ ? fixed_->next() : runtime_->next()).value_or(1e9) - now();
            wait_for_end(Milliseconds(
                std::clamp(static_cast<int>(std::min(wait, 1.0) * 1000) + 1, 1, longest_wait())));
            repeat_orders();
        }
        if (runtime_)
            for (const auto& event : runtime_->never_started()) output_.write(ekya::encode(event));
        output_.commit();
    }

private:
    void act(const ekya::PlanFollower::Due& due) {
        for (const auto& event : due.events) {
            streams_.try_emplace(event.stream);
            if (!o_.jobs.empty()) order(event);
            output_.write(ekya::encode(event));
        }
        for (const auto& change : due.changes) {
            streams_.try_emplace(change.stream);
            if (!o_.jobs.empty())
                give_order(jobs_.inference(change.stream),
                           {ekya::JobOrder::State::run, std::max(change.share, 0.01)});
        }
        if (announcer_)
            for (const auto& change : due.changes)
                announcer_->announce(change.stream, request_for(change));
    }

    /// With jobs the share is held from outside, and inference need not know it. Without, a share
    /// of 0 would be no limit.
    [[nodiscard]] ekya::ControlRequest request_for(
        const ekya::PlanFollower::ShareChange& change) const {
        ekya::ControlRequest request;
        request.kind = ekya::ControlRequest::Kind::set;
        if (o_.jobs.empty()) request.share = std::max(change.share, 0.01);
        request.frame_stride = change.inference.frame_stride;
        request.input_size = change.inference.input_size;
        return request;
    }

    void order(const ekya::RetrainingEvent& event) {
        using State = ekya::JobOrder::State;
        const auto job = jobs_.retraining(event.stream);
        if (event.kind == Kind::share)
            give_order(job,
                       {event.share > 0 ? State::run : State::pause, std::max(event.share, 0.01)});
        // It keeps its share for the little that is left to do.
        if (event.kind == Kind::finish)
            Jobs::order(job, {State::finish, std::max(jobs_.share(job).value_or(0), 0.1)});
    }

    void give_order(const fs::path& job, const ekya::JobOrder& order) {
        Jobs::order(job, order);
        unconfirmed_[job] = order;
    }

    /// A job that is just starting does not see what it was ordered before it was there.
    void repeat_orders() {
        std::erase_if(unconfirmed_, [this](const auto& entry) {
            const auto& [job, order] = entry;
            const auto share = jobs_.share(job);
            if (share && *share != order.share) Jobs::order(job, order);
            return share == order.share;
        });
    }
    [[nodiscard]] int longest_wait() const {
        if (!unconfirmed_.empty()) return 50;
        return !o_.replan.empty() && !o_.announce.empty() ? 100 : 500;
    }

    /// Four times a second: does inference keep up with the share it has?
    void look_at_inference() {
        if (clock_.now() < next_look_) return;
        next_look_ = clock_.now() + 0.25;
        for (auto& [stream, before] : streams_) try {
                const auto now = ekya::send_control(ekya::endpoint_for(o_.announce, stream), {},
                                                    Milliseconds(100), o_.security);
                // After a change of the share it needs a moment to work off what had piled up.
                if (before && clock_.now() > settled_at_)
                    runtime_->inference_did(stream, now.analysed - before->analysed,
                                            now.skipped - before->skipped);
                before = now;
            } catch (const ekya::Error& e) {
                context_.debug("stream " + stream + ": " + e.what());
                before.reset();
            }
    }

    void replan(double now) {
        const auto request = runtime_->request(
            now, [this](const std::string& stream) { return jobs_.used(stream); });
        try {
            runtime_->take(ekya::request_plan(o_.replan, request, Milliseconds(5000), o_.security),
                           now);
            settled_at_ = clock_.now() + 0.5;
        } catch (const ekya::Error& e) {
            context_.warn(std::string("no new plan, the old one goes on: ") + e.what());
        }
    }

    void wait_for_end(Milliseconds limit) {
        if (lines_.ended()) return std::this_thread::sleep_for(limit);
        const auto line = lines_.next(limit);
        if (!line || line->empty()) return;
        const std::string place = "stdin:" + std::to_string(lines_.line());
        const auto event =
            ekya::decode<ekya::RetrainingEvent>(ekya::parse_json(*line, place), place);
        if (event.kind != Kind::end) return;
        ekya::with_context(place, [&] {
            if (fixed_)
                fixed_->ended(event.stream);
            else
                runtime_->ended(event.stream, event.swapped);
        });
    }

    const Options& o_;
    ekya::cli::Context& context_;
    ekya::cli::Output output_;
    Jobs jobs_;
    std::optional<ekya::PlanFollower> fixed_;
    std::optional<ekya::WindowRuntime> runtime_;
    std::optional<ekya::Announcer> announcer_;
    std::map<std::string, std::optional<ekya::ControlReply>>
        streams_;                                     // of the plan; what inference said last
    std::map<fs::path, ekya::JobOrder> unconfirmed_;  // orders that a job has not been seen to obey
    ekya::SystemClock clock_;
    ekya::Seconds next_look_ = 0, settled_at_ = clock_.now() + 0.5;
    ekya::cli::LiveLines lines_{STDIN_FILENO};
};

void run(const Options& o, ekya::cli::Context& context) {
    for (const auto* endpoint : {&o.announce, &o.replan})
        ekya::check_endpoint(*endpoint, o.security, ekya::EndpointUse::connect);
    auto plan = ekya::read_record<ekya::Plan>(o.plan);
    const double elapsed = o.deadline > 0 ? plan.horizon - (o.deadline - unix_time()) : 0;
    auto following = ekya::with_context(
        o.plan, [&] { return std::make_unique<Following>(o, std::move(plan), context); });
    following->run(elapsed);
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-follow",
                                        "Follow a plan while its window runs: say when retrainings "
                                        "start, tell jobs and inferences their shares.",
                                        argc, argv, add_options, run);
}
