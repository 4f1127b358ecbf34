#include "job_histories.hpp"

#include <fstream>

#include "ekya/window/job_files.hpp"
#include "ekya/window/stream_programs.hpp"

namespace ekya::report {
namespace fs = std::filesystem;
namespace {

/// What a job was granted and used, second by second, as long as it lasted within the run.
void add_measured(const fs::path& job, const RunHistory& run, const TimeAxis& axis,
                  JobHistory& history) {
    for (const auto& use : JobFiles(job).uses()) {
        if (use.seconds <= 0) continue;
        const auto begin = axis.at(use.time), end = axis.at(use.time + use.seconds);
        if (!begin || !end || *end <= run.begin() || *begin >= run.end()) continue;
        const double used = use.used / use.seconds;
        history.stretches.push_back({*begin, *end,
                                     use.paused      ? 0
                                     : use.share > 0 ? use.share
                                                     : used,
                                     used});
    }
}

/// The shares of a retraining's life; what it used is known of it as a whole.
void add_life(const RetrainingRecord& record, const WindowSpan& window, JobHistory& history) {
    double share = 0;
    Time since = window.begin;
    const auto first = history.stretches.size();
    for (const auto& moment : record.moments) {
        using What = RetrainingMoment::What;
        if (moment.what == What::planned) continue;
        const Time now = std::min(window.begin + moment.time, window.end);
        if (share > 0 && now > since) history.stretches.push_back({since, now, share, share});
        share = moment.what == What::ended || moment.what == What::trained ? 0 : moment.share;
        since = now;
    }
    const double part = record.granted > 0 ? record.used / record.granted : 1;
    for (auto i = first; i < history.stretches.size(); ++i) history.stretches[i].used *= part;
    if (history.stretches.size() > first) history.planned = true;
}

/// All plans of a window, in the order in which they took each other's place.
std::vector<Plan> plans_of(const Store& store, int window, Reader& reader) {
    std::vector<Plan> plans;
    const fs::path all = store.root() / "logs" / window_number(window) / "plans.jsonl";
    std::error_code code;
    if (fs::is_regular_file(all, code)) {
        std::ifstream in(all, std::ios::binary);
        if (auto read = reader.try_to([&] { return ekya::read_records<Plan>(in, all.string()); }))
            plans = std::move(*read);
    }
    if (plans.empty() && fs::is_regular_file(store.plan_file(window), code))
        if (auto plan = reader.try_to([&] { return read_record<Plan>(store.plan_file(window)); }))
            plans.push_back(std::move(*plan));
    return plans;
}

void add_planned(const std::vector<Plan>& plans, const WindowSpan& window, JobHistory& history) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const auto begin_of = [&](const Plan& plan) {
            return std::max(window.begin, window.end - plan.horizon);
        };
        const Time begin = begin_of(plans[i]);
        const Time end = i + 1 < plans.size() ? begin_of(plans[i + 1]) : window.end;
        for (const auto& stream : plans[i].streams) {
            if (stream.stream != history.stream) continue;
            for (std::size_t s = 0; s < stream.steps.size(); ++s) {
                const Time from = begin + stream.steps[s].start;
                const Time to =
                    s + 1 < stream.steps.size() ? begin + stream.steps[s + 1].start : end;
                const double share = stream.steps[s].inference_share;
                if (std::min(to, end) > from)
                    history.stretches.push_back({from, std::min(to, end), share, share});
            }
            history.planned = true;
        }
    }
}

void sort(JobHistory& history) {
    std::stable_sort(history.stretches.begin(), history.stretches.end(),
                     [](const auto& a, const auto& b) { return a.begin < b.begin; });
}

/// Whether some stretch of those measured, which are sorted, lies in a window.
bool is_measured(const std::vector<Stretch>& measured, const WindowSpan& window) {
    const Time middle = (window.begin + window.end) / 2;
    const auto after =
        std::upper_bound(measured.begin(), measured.end(), middle,
                         [](Time time, const Stretch& stretch) { return time < stretch.begin; });
    return after != measured.begin() && std::prev(after)->end > window.begin;
}

}  // namespace

std::vector<JobHistory> job_histories(const Store& store, const RunHistory& run,
                                      const TimeAxis& axis, Reader& reader) {
    const fs::path jobs = store.root() / "jobs";
    std::vector<JobHistory> histories;
    std::map<int, std::vector<Plan>> plans;
    for (const auto& stream : run.streams) {
        JobHistory inference{JobHistory::Kind::inference, stream.id()};
        add_measured(jobs / StreamPrograms::inference_name(stream.id()), run, axis, inference);
        sort(inference);
        const auto measured = inference.stretches;
        for (const auto& [window, span] : run.windows) {
            if (is_measured(measured, span)) continue;
            if (!plans.contains(window)) plans[window] = plans_of(store, window, reader);
            add_planned(plans.at(window), span, inference);
        }
        sort(inference);
        histories.push_back(std::move(inference));
    }
    for (const auto& stream : run.streams) {
        JobHistory retraining{JobHistory::Kind::retraining, stream.id()};
        for (const auto& record : stream.retrainings) {
            const auto before = retraining.stretches.size();
            add_measured(jobs / window_number(record.window) / (stream.id() + ".train"), run, axis,
                         retraining);
            const auto window = run.windows.find(record.window);
            if (retraining.stretches.size() == before && window != run.windows.end())
                add_life(record, window->second, retraining);
        }
        sort(retraining);
        histories.push_back(std::move(retraining));
    }
    JobHistory preparation{JobHistory::Kind::preparation, {}};
    for (const auto& [window, span] : run.windows) {
        std::error_code code;
        for (const auto& job : fs::directory_iterator(jobs / window_number(window), code)) {
            const auto name = job.path().filename().string();
            if (name == "label" || name.starts_with("profile."))
                add_measured(job.path(), run, axis, preparation);
        }
    }
    sort(preparation);
    histories.push_back(std::move(preparation));
    JobHistory decoding{JobHistory::Kind::decoding, {}};
    for (const auto& stream : run.streams)
        add_measured(jobs / StreamPrograms::ingestion_name(stream.id()), run, axis, decoding);
    sort(decoding);
    histories.push_back(std::move(decoding));
    return histories;
}

}  // namespace ekya::report
