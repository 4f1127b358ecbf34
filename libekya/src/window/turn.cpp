#include "ekya/window/turn.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ekya/core/columns.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/live_window.hpp"
#include "ekya/window/next_window.hpp"
#include "ekya/window/window_agreement.hpp"

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
        std::vector<std::string> listed;
        for (const auto& stream : o_.streams) listed.push_back(stream.id);
        outcome_.window = next_window(store_, listed, say_);
    }

    [[nodiscard]] TurnOutcome run() {
        for (const auto& stream : o_.streams)
            // A damaged window in the place of the one that is recorded would pass for it.
            for (const auto& text : set_aside_damaged(store_, stream.id, outcome_.window + 1))
                say_(text);
        record();
        fit_classes();
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
            boxes_.here().start(programs_.ingestion(stream.id, recording));
            recording_[StreamPrograms::ingestion_name(stream.id)] = stream.id;
        }
    }

    void learn() {
        LiveWindow live{o_.window, o_.programs.stages, o_.serving};
        auto& options = live.options;
        options.window = outcome_.window;
        for (const auto& stream : o_.streams) {
            for (const auto& text : set_aside_damaged(store_, stream.id, outcome_.window))
                say_(text);
            if (store_.serving(stream.id) && !unfit_.contains(stream.id) &&
                store_.has_window(stream.id, outcome_.window - 1))
                options.streams.push_back(stream.id);
        }
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
            for (const auto& stream : o_.streams)
                if (const auto agreement = golden_agreement(store_, stream.id, outcome_.window - 1))
                    outcome_.agreements[stream.id] = *agreement;
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& e) {  // what is recorded stays of use
            for (const auto& stream : o_.streams) outcome_.failed.emplace(stream.id, e.what());
        }
    }

    /// Models with classes that the list no longer names lose these outputs first.
    void fit_classes() {
        const BaseModelJobs requests(store_, o_.base);
        for (const auto& stream : o_.streams) try {
                if (!needs_fitting(store_, stream)) continue;
                const auto request = requests.fitting(stream.id);
                boxes_.jobs().start(request);
                fitting_[request.name] = stream.id;
            } catch (const InputError& e) {
                outcome_.failed.emplace(stream.id, e.what());
            }
        while (!fitting_.empty()) {
            if (!boxes_.jobs_are_here()) look();
            check_();
            for (const auto& end : boxes_.jobs().wait(tick)) ended(end);
        }
    }

    void train_bases() {
        auto base = o_.base;
        base.recorded = true;
        base.at_once = boxes_.at_once();
        for (const auto& stream : o_.streams)
            if (!store_.serving(stream.id)) base.streams.push_back(stream.id);
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
        if (const auto fit = fitting_.find(end.name); fit != fitting_.end()) {
            if (end.record.exit_code != 0) {
                unfit_.insert(fit->second);
                outcome_.failed[fit->second] =
                    last_error(store_.root() / "logs" / (fit->second + ".fit.log"), fit->second);
            }
            fitting_.erase(fit);
            return;
        }
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
    std::map<std::string, std::string> recording_, fitting_;  ///< job -> stream
    std::set<std::string> unfit_;  ///< streams whose models have other classes than the list
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

std::vector<std::string> lines_of(const TurnOutcome& outcome) {
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
    std::vector<std::string> lines{text}, cells;
    for (const auto& [stream, agreement] : outcome.agreements)
        cells.push_back(stream + " " + to_text(agreement));
    const auto head = "window " + std::to_string(outcome.window - 1) + ":";
    if (!cells.empty())
        for (auto& line : in_columns(head, cells)) lines.push_back(std::move(line));
    return lines;
}

}  // namespace ekya
