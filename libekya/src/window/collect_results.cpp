#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>
#include <utility>

#include "ekya/core/columns.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/window/experiment.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/window/window_agreement.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

std::optional<double> mean(const std::vector<double>& values) {
    if (values.empty()) return std::nullopt;
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

template <typename Record> const Record* of_window(const std::vector<Record>& records, int window) {
    const auto found = std::find_if(records.begin(), records.end(),
                                    [&](const auto& record) { return record.window == window; });
    return found == records.end() ? nullptr : &*found;
}

WindowResult scores(const WindowAccuracy& a, Seconds seconds) {
    WindowResult window;
    window.window = a.window;
    window.utc = a.utc;
    window.scored = a.accuracy && (a.complete || a.seconds >= seconds / 2);
    window.accuracy = a.accuracy;
    window.objects = a.objects;
    window.frames = a.frames;
    window.seen = a.seen;
    window.analysed = a.analysed;
    window.lost = a.lost;
    window.models = a.models;
    window.device_seconds = a.device_seconds;
    return window;
}

std::optional<StreamPlan> plan_of(const std::vector<Plan>& plans, const std::string& stream,
                                  int window) {
    const auto* plan = of_window(plans, window);
    if (!plan) return std::nullopt;
    for (const auto& one : plan->streams)
        if (one.stream == stream) return one;
    return std::nullopt;
}

/// By the start of the run that was the last one before.
int window_at(const RunToCollect& run, double time) {
    if (run.starts.empty()) return 0;
    auto part = run.starts.begin();
    for (auto next = part; next != run.starts.end(); ++next)
        if (next->second <= time) part = next;
    return part->first + static_cast<int>(std::floor((time - part->second) / run.wall));
}

/// By window; a stretch of time belongs to the window that its middle lies in.
std::map<int, JobShare> inference_shares(const Store& store, const RunToCollect& run,
                                         const std::string& stream) {
    std::map<int, JobShare> shares;
    for (const auto& use : JobFiles(store.root() / "jobs" / (stream + ".infer")).uses()) {
        auto& share = shares[window_at(run, use.time + use.seconds / 2)];
        share.granted += use.granted();
        share.used += use.used;
    }
    return shares;
}

StreamRecords read_records(const Store& store, const RunToCollect& run, const std::string& stream) {
    StreamRecords records;
    records.accuracies = store.accuracies(stream);
    records.retrainings = store.retrainings(stream);
    records.profiles = store.profiles(stream);
    records.cards = store.model_cards(stream);
    for (const auto& accuracy : records.accuracies)
        if (auto agreement = golden_agreement(store, stream, accuracy.window))
            records.agreements.emplace(accuracy.window, std::move(*agreement));
    records.inference = inference_shares(store, run, stream);
    return records;
}

std::string text_of(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string percent(const std::optional<double>& accuracy) {
    return accuracy ? text_of("%.1f", 100 * *accuracy) : "-";
}

using Row = std::vector<std::string>;

Row row_of(const PolicyResult& policy, const StreamResult& stream) {
    std::int64_t lost = 0;
    std::string windows;
    for (const auto& window : stream.windows) {
        lost += window.lost;
        windows += (windows.empty() ? "" : " ") +
                   (window.scored ? text_of("%.0f", 100 * *window.accuracy) : std::string("-"));
    }
    return {policy.policy,
            stream.stream,
            stream.failed.empty() ? percent(stream.mean_accuracy) : "failed",
            std::to_string(stream.retrainings),
            text_of("%.1f s", stream.device_seconds),
            std::to_string(lost),
            windows};
}

std::string agreement_windows(const StreamResult& stream) {
    std::string text;
    for (const auto& window : stream.windows)
        text += (text.empty() ? "" : " ") + (window.agreement && window.agreement->labels > 0
                                                 ? text_of("%.0f", 100 * window.agreement->share)
                                                 : std::string("-"));
    return text;
}

/// "84 (72-92, n 120): 80 85 87", the windows behind the colon.
std::string agreement_cell(const StreamResult& stream) {
    if (!stream.agreement) return "-";
    return percent_text(*stream.agreement) + ": " + agreement_windows(stream);
}

std::vector<std::string> table_of(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(row[i]));
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] - columns_of(row[i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

bool fits(const std::vector<std::string>& lines) {
    return std::all_of(lines.begin(), lines.end(),
                       [](const std::string& line) { return columns_of(line) <= line_columns; });
}

/// Rows of policy, stream and words: words that do not fit go on in further lines, below the
/// others.
std::vector<std::string> with_wrapped_words(const std::vector<Row>& rows) {
    std::vector<Row> wrapped;
    std::array<std::size_t, 2> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < 2; ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
    const auto before = widths[0] + widths[1] + 4;
    const auto room = line_columns - std::min(line_columns - 1, before);
    for (const auto& row : rows) {
        wrapped.push_back({row[0], row[1], ""});
        std::istringstream words(row[2]);
        for (std::string word; words >> word;) {
            auto& line = wrapped.back()[2];
            if (!line.empty() && columns_of(line) + 1 + columns_of(word) > room)
                wrapped.push_back({"", "", word});
            else
                line += (line.empty() ? "" : " ") + word;
        }
    }
    return table_of(wrapped);
}

/// The same without the figures of each window, which follow in a table of their own.
std::vector<std::string> two_tables(const Results& results, std::vector<Row> rows,
                                    bool has_agreement) {
    auto row = rows.begin();
    row->resize(6);
    if (has_agreement) row->emplace_back("agreement %");
    std::vector<Row> windows{
        {"policy", "stream",
         has_agreement ? "agreement window by window %" : "window by window %"}};
    for (const auto& policy : results.policies) {
        for (const auto& stream : policy.streams) {
            (++row)->resize(6);
            if (has_agreement)
                row->push_back(stream.agreement ? percent_text(*stream.agreement) : "-");
            windows.push_back(
                {policy.policy, stream.stream,
                 has_agreement ? agreement_windows(stream) : row_of(policy, stream).back()});
        }
        (++row)->resize(6);
        if (has_agreement) row->emplace_back();
    }
    auto lines = table_of(rows);
    lines.emplace_back();
    for (auto& line : with_wrapped_words(windows)) lines.push_back(std::move(line));
    return lines;
}

/// Streams without annotations have nothing else to be judged by.
bool needs_agreement(const Results& results) {
    for (const auto& policy : results.policies)
        for (const auto& stream : policy.streams)
            if (stream.failed.empty() && !stream.mean_accuracy && stream.agreement) return true;
    return false;
}

}  // namespace

StreamResult stream_result(const std::string& stream, const StreamRecords& records,
                           const std::vector<Plan>& plans, Seconds seconds) {
    StreamResult result;
    result.stream = stream;
    std::vector<double> accuracies;
    std::vector<Agreement> agreements;
    for (const auto& accuracy : records.accuracies) {
        WindowResult window = scores(accuracy, seconds);
        if (const auto found = records.agreements.find(accuracy.window);
            found != records.agreements.end())
            agreements.push_back(*(window.agreement = found->second));
        window.plan = plan_of(plans, stream, accuracy.window);
        if (const auto found = records.inference.find(accuracy.window);
            found != records.inference.end())
            window.shares.inference = found->second;
        if (const auto* retraining = of_window(records.retrainings, accuracy.window)) {
            window.retraining = *retraining;
            if (retraining->granted > 0)
                window.shares.retraining = {retraining->granted, retraining->used};
            result.retrainings += retraining->outcome == RetrainingOutcome::served ? 1 : 0;
        }
        if (const auto* card = of_window(records.cards, accuracy.window))
            window.device_seconds += card->device_seconds;
        if (const auto* profile = of_window(records.profiles, accuracy.window))
            window.device_seconds += profile->profiling_seconds;
        if (window.scored) accuracies.push_back(*window.accuracy);
        result.device_seconds += window.device_seconds;
        result.windows.push_back(std::move(window));
    }
    result.mean_accuracy = mean(accuracies);
    result.agreement = over_windows(agreements);
    return result;
}

PolicyResult collect_results(const Store& store, const RunToCollect& run) {
    PolicyResult result;
    result.policy = run.policy;
    const auto plans = store.plans();
    std::vector<double> accuracies;
    for (const auto& stream : run.streams) {
        result.streams.push_back(
            stream_result(stream, read_records(store, run, stream), plans, run.seconds));
        auto& added = result.streams.back();
        if (const auto failed = run.failed.find(stream); failed != run.failed.end())
            added.failed = failed->second;
        if (added.mean_accuracy) accuracies.push_back(*added.mean_accuracy);
        result.retrainings += added.retrainings;
        result.device_seconds += added.device_seconds;
    }
    result.mean_accuracy = mean(accuracies);
    return result;
}

std::vector<std::string> results_table(const Results& results) {
    std::vector<Row> rows{{"policy", "stream", "mean accuracy %", "retrainings", "device time",
                           "lost frames", "window by window %"}};
    for (const auto& policy : results.policies) {
        for (const auto& stream : policy.streams) rows.push_back(row_of(policy, stream));
        rows.push_back({policy.policy, "MEAN", percent(policy.mean_accuracy),
                        std::to_string(policy.retrainings),
                        text_of("%.1f s", policy.device_seconds), "", ""});
    }
    if (needs_agreement(results)) {
        auto row = rows.begin();
        row++->push_back("agreement with the golden model %");
        for (const auto& policy : results.policies) {
            for (const auto& stream : policy.streams) row++->push_back(agreement_cell(stream));
            row++->push_back("");
        }
    }
    const auto lines = table_of(rows);
    return fits(lines) ? lines : two_tables(results, std::move(rows), needs_agreement(results));
}

}  // namespace ekya
