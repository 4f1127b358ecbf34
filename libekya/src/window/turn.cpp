#include "ekya/window/turn.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/window/live_window.hpp"

namespace ekya {
namespace {

// Of the period: what is left is for opening the cameras and for what comes after.
constexpr double recorded_part = 0.9;
constexpr Seconds tick = 0.1;

class Turn {
public:
    Turn(const TurnOptions& options, Boxes& boxes, Clock& clock, const std::function<void()>& check,
         const std::function<void(const std::string&)>& say)
        : o_(options),
          boxes_(boxes),
          clock_(clock),
          check_(check),
          say_(say),
          store_(o_.programs.store),
          programs_(recording_programs()),
          ends_at_(clock.now() + recorded_part * o_.programs.seconds / o_.programs.stages.pace) {
        for (const auto& stream : o_.streams)
            for (const int window : newest_windows(store_, stream, 1))
                outcome_.window = std::max(outcome_.window, window + 1);
    }

    [[nodiscard]] TurnOutcome run() {
        record();
        train_bases();
        learn();
        while (!recording_.empty()) look();
        return std::move(outcome_);
    }

private:
    [[nodiscard]] ProgramOptions recording_programs() const {
        auto programs = o_.programs;
        programs.seconds *= recorded_part;
        return programs;
    }

    void record() {
        for (const auto& stream : o_.streams) {
            StreamPrograms::Recording recording;
            recording.from = outcome_.window;
            recording.windows = 1;
            recording.frames = StreamPrograms::Recording::Frames::kept;
            boxes_.here().start(programs_.ingestion(stream, recording));
            recording_[StreamPrograms::ingestion_name(stream)] = stream;
        }
    }

    void learn() {
        LiveWindow live{o_.window, o_.programs.stages, o_.serving};
        auto& options = live.options;
        options.window = outcome_.window;
        for (const auto& stream : o_.streams)
            if (store_.serving(stream) && store_.has_window(stream, outcome_.window - 1))
                options.streams.push_back(stream);
        if (options.streams.empty()) return;
        options.length = options.left = ends_at_ - clock_.now();
        if (options.left <= 0) return;
        const auto look_around = [this] {
            check_();
            if (!boxes_.jobs_are_here()) look();
        };
        try {
            const auto outcome =
                run_live_window(std::move(live), store_, boxes_.jobs(), clock_, look_around, say_,
                                [this](const JobEnd& end) { ended(end); });
            outcome_.retrainings = outcome.retrainings;
            outcome_.failed.insert(outcome.failed.begin(), outcome.failed.end());
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& e) {  // what is recorded stays of use
            for (const auto& stream : o_.streams) outcome_.failed.emplace(stream, e.what());
        }
    }

    void train_bases() {
        auto base = o_.base;
        base.recorded = true;
        base.at_once = boxes_.at_once();
        for (const auto& stream : o_.streams)
            if (!store_.serving(stream)) base.streams.push_back(stream);
        if (base.streams.empty()) return;
        const auto failed = train_base_models(store_, base, boxes_.here(), boxes_.jobs(), check_,
                                              [this](const JobEnd& end) { ended(end); });
        outcome_.failed.insert(failed.begin(), failed.end());
        for (const auto& stream : base.streams)
            if (store_.serving(stream)) outcome_.base_models.push_back(stream);
    }

    void look() {
        check_();
        for (const auto& end : boxes_.here().wait(tick)) ended(end);
    }

    void ended(const JobEnd& end) {
        const auto found = recording_.find(end.name);
        if (found == recording_.end()) return;
        if (end.record.exit_code != 0) {
            const auto why = last_error(programs_.log(end.name), found->second);
            outcome_.failed[found->second] = why.empty() ? "its recording failed" : why;
        }
        recording_.erase(found);
    }

    const TurnOptions& o_;
    Boxes& boxes_;
    Clock& clock_;
    const std::function<void()>& check_;
    const std::function<void(const std::string&)>& say_;
    Store store_;
    StreamPrograms programs_;
    Seconds ends_at_;
    std::map<std::string, std::string> recording_;  ///< job -> stream
    TurnOutcome outcome_;
};

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

TurnOutcome run_turn(const TurnOptions& options, Boxes& boxes, Clock& clock,
                     const std::function<void()>& check,
                     const std::function<void(const std::string&)>& say) {
    return Turn(options, boxes, clock, check, say).run();
}

std::string to_text(const TurnOutcome& outcome) {
    std::string text = "window " + std::to_string(outcome.window) + " recorded";
    std::vector<std::string> served;
    for (const auto& record : outcome.retrainings)
        if (record.outcome == RetrainingOutcome::served)
            served.push_back(record.stream + " " + record.model);
    if (!outcome.base_models.empty()) text += "; base models: " + listed(outcome.base_models);
    if (!outcome.retrainings.empty())
        text += "; retrained " + std::to_string(outcome.retrainings.size()) + ", " +
                (served.empty() ? "no new model serves" : "new models: " + listed(served));
    if (outcome.window == 0) text += "; the next one is learned from";
    return text;
}

}  // namespace ekya
