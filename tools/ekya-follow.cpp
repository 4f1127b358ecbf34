// ekya-follow: follow a plan while its window runs.
//   in: ekya.plan/1 (--plan), ekya.retraining-event/1 of kind end as retrainings end
//   out: ekya.retraining-event/1 of kind start and skip, when they are due      stderr: messages
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "ekya/cli/live_lines.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/schedule/plan_follower.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"

namespace {

using Milliseconds = std::chrono::milliseconds;

struct Options {
    ekya::cli::InputOutput io;
    std::string plan, announce;
    double deadline = 0;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add_output(app, o.io);
    app.add_option("--plan", o.plan, "ekya.plan/1 file to follow")->required()->check(CLI::ExistingFile);
    app.add_option("--deadline", o.deadline, "Unix time at which the plan's window ends (default: the plan's horizon from now)")->check(CLI::PositiveNumber);
    app.add_option("--announce", o.announce, "tell running inferences when their share or frame stride changes: control endpoint, {stream} becomes the id");
    ekya::cli::describe(app, {"ekya.plan/1 (--plan); on stdin ekya.retraining-event/1 \"end\", JSON Lines, as retrainings end",
                              "ekya.retraining-event/1 \"start\" and \"skip\", when they are due",
                              "ekya-follow --plan ekya-data/plans/00004.json", "Ekya, NSDI 2022, section 4.2"});
}

double unix_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// The plan's follower with its inputs and outputs.
class Following {
public:
    Following(const Options& o, ekya::Plan plan, ekya::cli::Context& context)
        : o_(o), context_(context), output_(context.output(o.io)), follower_(std::move(plan)) {}

    /// @param elapsed seconds since the plan was made
    void run(double elapsed) {
        const double begun = clock_.now() - elapsed;
        while (true) {
            ekya::cli::Context::check_interrupted();
            act(follower_.advance(std::max(clock_.now() - begun, 0.0)));
            if (follower_.done()) break;
            // Now and then it looks around anyway: a signal that comes just before the waiting would be slept over.
            const double wait = follower_.next().value_or(1e9) - (clock_.now() - begun);
            wait_for_end(Milliseconds(std::clamp(static_cast<int>(std::min(wait, 1.0) * 1000) + 1, 1, 500)));
        }
        output_.commit();
    }

private:
    /// Starts go out before anything else: an inference that does not answer must not keep them waiting.
    void act(const ekya::PlanFollower::Due& due) {
        for (const auto& event : due.events) output_.write(ekya::encode(event));
        if (o_.announce.empty()) return;
        for (const auto& change : due.changes) try {
                ekya::announce_share(ekya::endpoint_for(o_.announce, change.stream), change.share, change.inference, Milliseconds(1000));
            } catch (const ekya::Error& e) {
                context_.warn("stream " + change.stream + ": " + e.what());
            }
    }

    void wait_for_end(Milliseconds limit) {
        if (lines_.ended()) return std::this_thread::sleep_for(limit);
        const auto line = lines_.next(limit);
        if (!line || line->empty()) return;
        const std::string place = "stdin:" + std::to_string(lines_.line());
        const auto event = ekya::decode<ekya::RetrainingEvent>(ekya::parse_json(*line, place), place);
        if (event.kind == ekya::RetrainingEvent::Kind::end) ekya::with_context(place, [&] { follower_.ended(event.stream); });
    }

    const Options& o_;
    ekya::cli::Context& context_;
    ekya::cli::Output output_;
    ekya::PlanFollower follower_;
    ekya::SystemClock clock_;
    ekya::cli::LiveLines lines_{STDIN_FILENO};
};

void run(const Options& o, ekya::cli::Context& context) {
    auto plan = ekya::read_record<ekya::Plan>(o.plan);
    const double elapsed = o.deadline > 0 ? plan.horizon - (o.deadline - unix_time()) : 0;
    auto following = ekya::with_context(o.plan, [&] { return std::make_unique<Following>(o, std::move(plan), context); });
    following->run(elapsed);
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-follow", "Follow a plan while its window runs: say when retrainings start, tell inferences their shares.",
                                        argc, argv, add_options, run);
}
