#include <algorithm>
#include <fstream>

#include "ekya/core/text.hpp"
#include "ekya/wire/fields.hpp"
#include "ekya/wire/json.hpp"
#include "pictures.hpp"

namespace ekya::report {
namespace {

/// Only an experiment has several, and what they have in common is shown once.
void add_policies(const History& history, std::vector<Picture>& pictures) {
    if (history.runs.size() < 2) return;
    const bool scored = std::any_of(history.runs.begin(), history.runs.end(),
                                    [](const auto& run) { return run.mean_accuracy.has_value(); });
    if (!scored) return;
    pictures.push_back(policies_picture(history));
    pictures.push_back(policies_over_time_picture(history));
}

/// The timeline of a window, as far as its journal can be read: that of a window which a crash has
/// ended may be cut off.
Picture timeline(const RunHistory& run, int window, const std::filesystem::path& file) {
    std::vector<WindowEvent> events;
    std::string cut;
    std::ifstream in(file, std::ios::binary);
    try {
        JsonLines lines(in, file.string());
        while (const auto json = lines.next())
            events.push_back(decode<WindowEvent>(*json, lines.place()));
    } catch (const Error& error) {
        cut = printable(error.what(), 400);
    }
    auto picture = window_picture(run, window, events);
    if (!cut.empty()) picture.caption += " The journal cannot be read further: " + cut + ".";
    return picture;
}

void add_run(const History& history, const RunHistory& run, std::vector<Picture>& pictures) {
    pictures.push_back(allocation_picture(history, run));
    pictures.push_back(accuracy_picture(history, run));
    const auto any = [&](auto&& known) {
        return std::any_of(run.streams.begin(), run.streams.end(), known);
    };
    if (any([](const auto& stream) { return !stream.retrainings.empty(); }))
        pictures.push_back(estimates_picture(history, run));
    if (any([](const auto& stream) {
            return std::any_of(stream.profiles.begin(), stream.profiles.end(),
                               [](const auto& profile) { return !profile.retraining.empty(); });
        }))
        pictures.push_back(pareto_picture(history, run));
    pictures.push_back(drift_picture(history, run));
    pictures.push_back(classes_picture(history, run));
    pictures.push_back(yield_picture(history, run));
}

}  // namespace

std::vector<Picture> pictures_of(const History& history, const PictureOptions& options) {
    const auto is_shown = [&](const RunHistory& run) {
        return options.policies.empty() ||
               std::find(options.policies.begin(), options.policies.end(), run.name) !=
                   options.policies.end();
    };
    for (const auto& policy : options.policies)
        if (std::none_of(history.runs.begin(), history.runs.end(),
                         [&](const auto& run) { return run.name == policy; }))
            throw ConfigError("--policy: there is no run of \"" + printable(policy, 100) + "\"");
    std::vector<Picture> pictures;
    add_policies(history, pictures);
    // The one that a reader wants first comes first.
    const auto& first = main_run(history);
    std::vector<const RunHistory*> runs{&first};
    for (const auto& run : history.runs)
        if (&run != &first) runs.push_back(&run);
    bool window_found = false;
    for (const auto* run : runs) {
        if (!is_shown(*run)) continue;
        if (options.window) {
            const auto journal =
                run->store / "logs" / window_number(*options.window) / "journal.jsonl";
            if (std::error_code code; std::filesystem::is_regular_file(journal, code)) {
                pictures.push_back(timeline(*run, *options.window, journal));
                window_found = true;
            }
        }
        add_run(history, *run, pictures);
    }
    if (options.window && !window_found)
        throw ConfigError("--window: no journal of window " + std::to_string(*options.window) +
                          " is stored");
    return pictures;
}

}  // namespace ekya::report
