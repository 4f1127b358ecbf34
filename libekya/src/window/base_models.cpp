#include "ekya/window/base_models.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/class_list.hpp"
#include "ekya/store/label_filter.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds tick = 0.1;

/// Behind the stage's own options those that users added, and no records.
void finish(JobRequest& request, const std::vector<std::string>& options) {
    auto& words = request.command;
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
}

/// What is still to do for one stream, one job after the other.
struct Chain {
    std::string stream;
    std::vector<std::pair<JobRequest, Executor*>> steps;
    std::size_t next = 0;
    bool running = false;
};

class Work {
public:
    Work(const Store& store, const BaseModelOptions& options, Executor& here, Executor& jobs,
         const std::function<void(const JobEnd&)>& others)
        : store_(store),
          o_(options),
          requests_(store, options),
          here_(here),
          jobs_(jobs),
          others_(others) {
        for (const auto& stream : o_.streams)
            if (!store_.serving(stream) && !lacks_windows(stream))
                chains_.push_back(chain_of(stream));
    }

    [[nodiscard]] bool done() const { return chains_.empty(); }

    /// What is recorded is not enough yet.
    [[nodiscard]] bool lacks_windows(const std::string& stream) const {
        return o_.recorded && static_cast<int>(windows_of(stream).size()) < o_.windows;
    }

    void step() {
        int running = 0;
        for (const auto& chain : chains_) running += chain.running ? 1 : 0;
        for (auto& chain : chains_) {
            // A stream that has begun goes on before another begins.
            if (chain.running || running >= o_.at_once) continue;
            start(chain);
            ++running;
        }
        for (auto* executor : {&here_, &jobs_}) {
            for (const auto& end : executor->wait(&here_ == &jobs_ ? tick : tick / 2)) take(end);
            if (&here_ == &jobs_) break;
        }
    }

    [[nodiscard]] std::map<std::string, std::string> failed() && { return std::move(failed_); }

private:
    void start(Chain& chain) {
        auto& [request, executor] = chain.steps[chain.next];
        executor->start(request);
        chain.running = true;
    }

    void take(const JobEnd& end) {
        const auto chain = std::find_if(chains_.begin(), chains_.end(), [&](const auto& c) {
            return c.running && c.steps[c.next].first.name == end.name;
        });
        if (chain == chains_.end()) {
            if (others_) others_(end);
            return;
        }
        const fs::path log = chain->steps[chain->next].first.log;
        if (end.record.exit_code != 0) {
            const auto why = last_error(log, chain->stream);
            const auto trouble = labelling_trouble(store_, chain->stream);
            failed_[chain->stream] = (!why.empty() ? why : "no base model; see " + log.string()) +
                                     (trouble.empty() ? "" : "; " + trouble);
        } else if (++chain->next < chain->steps.size()) {
            start(*chain);
            return;
        }
        chains_.erase(chain);
    }

    [[nodiscard]] std::vector<int> windows_of(const std::string& stream) const {
        std::vector<int> windows;
        if (!o_.recorded)
            for (int window = 0; window < o_.windows; ++window) windows.push_back(window);
        if (o_.recorded) windows = newest_windows(store_, stream, o_.windows);
        return windows;
    }

    [[nodiscard]] Chain chain_of(const std::string& stream) {
        Chain chain{stream, {}};
        if (!o_.recorded) chain.steps.emplace_back(requests_.ingestion(stream), &here_);
        for (const int window : windows_of(stream))
            chain.steps.emplace_back(requests_.labelling(stream, window), &jobs_);
        chain.steps.emplace_back(requests_.training(stream), &jobs_);
        return chain;
    }

    const Store& store_;
    const BaseModelOptions& o_;
    BaseModelJobs requests_;
    Executor& here_;
    Executor& jobs_;
    const std::function<void(const JobEnd&)>& others_;
    std::vector<Chain> chains_;
    std::map<std::string, std::string> failed_;
};

}  // namespace

JobRequest BaseModelJobs::request(const std::string& stream, const std::string& stage,
                                  const char* program) const {
    JobRequest request;
    request.name = "base/" + stream + "." + stage;
    request.directory = store_.root() / "jobs" / (stream + "." + stage);
    request.log = store_.root() / "logs" / (stream + "." + stage + ".log");
    request.command = {(o_.stages.programs / program).string(),
                       "--streams",
                       o_.stages.streams,
                       "--stream",
                       stream,
                       "--store",
                       store_.root().string()};
    fs::create_directories(request.log.parent_path());
    return request;
}
void BaseModelJobs::add_device(JobRequest& request) const {
    request.command.insert(request.command.end(),
                           {"--seed", std::to_string(o_.stages.seed), "--device", o_.stages.device,
                            "--threads", std::to_string(o_.stages.threads)});
}

JobRequest BaseModelJobs::ingestion(const std::string& stream) const {
    auto job = request(stream, "ingest", "ekya-ingest");
    job.command.insert(job.command.end(),
                       {"--window", to_text(o_.seconds), "--windows", std::to_string(o_.windows),
                        "--crop-size", std::to_string(o_.crop_size)});
    finish(job, o_.ingest_options);
    return job;
}
JobRequest BaseModelJobs::labelling(const std::string& stream, int window) const {
    auto job = request(stream, "label", "ekya-label");
    add_device(job);
    job.command.insert(job.command.end(), {"--window", std::to_string(window), "--fraction",
                                           to_text(o_.fraction), "--teacher", o_.stages.teacher});
    finish(job, o_.stages.label_options);
    return job;
}
JobRequest BaseModelJobs::training(const std::string& stream) const {
    auto job = request(stream, "train", "ekya-train");
    add_device(job);
    auto& words = job.command;
    const auto add = [&](const char* option, const auto& value, const auto& text) {
        if (value) words.insert(words.end(), {option, text(*value)});
    };
    const auto number = [](double value) { return to_text(value); };
    words.insert(words.end(),
                 {"--base", std::to_string(o_.windows), "--network", o_.network, "--serve"});
    add("--epochs", o_.epochs, number);
    add("--learning-rate", o_.learning_rate, number);
    add("--width", o_.width, number);
    add("--place-width", o_.place_width, number);
    add("--input-size", o_.input_size, number);
    finish(job, {});
    return job;
}

JobRequest BaseModelJobs::fitting(const std::string& stream) const {
    auto job = request(stream, "fit", "ekya-train");
    job.command.emplace_back("--fit-classes");
    finish(job, {});
    return job;
}

bool needs_fitting(const Store& store, const StreamSource& stream) {
    const auto serving = store.serving(stream.id);
    return serving && !continues(store.model(stream.id, *serving).classes, stream.classes);
}

std::string labelling_trouble(const Store& store, const std::string& stream) {
    LabelYield all;
    for (const int window : store.windows(stream)) try {
            if (!store.has_labels(stream, window)) continue;
            const auto yield = store.labels(stream, window).yield.value_or(LabelYield{});
            all.asked += yield.asked;
            all.given += yield.given;
            all.nothing += yield.nothing;
            all.below_score += yield.below_score;
            for (const auto& [name, count] : yield.other_classes) all.other_classes[name] += count;
        } catch (const InputError&) {
            continue;  // damaged labels say nothing
        }
    const auto warning = warning_of(all);
    return warning.empty() ? "" : "labelling: " + warning;
}

std::vector<int> newest_windows(const Store& store, const std::string& stream, int count) {
    auto windows = store.windows(stream);
    if (windows.size() > static_cast<std::size_t>(count))
        windows.erase(windows.begin(), windows.end() - count);
    return windows;
}

std::map<std::string, std::string> train_base_models(
    const Store& store, const BaseModelOptions& options, Executor& here, Executor& jobs,
    const std::function<void()>& check, const std::function<void(const JobEnd&)>& others) {
    Work work(store, options, here, jobs, others);
    while (!work.done()) {
        if (check) check();
        work.step();
    }
    return std::move(work).failed();
}

}  // namespace ekya
