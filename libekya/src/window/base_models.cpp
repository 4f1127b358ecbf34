#include "ekya/window/base_models.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr Seconds tick = 0.1;

std::string text_of(double value) {
    std::ostringstream text;
    text.precision(15);
    text << value;
    return text.str();
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
    Work(const Store& store, const BaseModelOptions& options, Executor& here, Executor& jobs)
        : store_(store), o_(options), here_(here), jobs_(jobs) {
        for (const auto& stream : o_.streams)
            if (!store_.serving(stream)) chains_.push_back(chain_of(stream));
    }

    [[nodiscard]] bool done() const { return chains_.empty(); }

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
        if (chain == chains_.end()) return;
        const fs::path log = chain->steps[chain->next].first.log;
        if (end.record.exit_code != 0) {
            const auto why = last_error(log, chain->stream);
            failed_[chain->stream] = !why.empty() ? why : "no base model; see " + log.string();
        } else if (++chain->next < chain->steps.size()) {
            start(*chain);
            return;
        }
        chains_.erase(chain);
    }

    [[nodiscard]] Chain chain_of(const std::string& stream) {
        Chain chain{stream, {}};
        chain.steps.emplace_back(ingestion(stream), &here_);
        for (int window = 0; window < o_.windows; ++window)
            chain.steps.emplace_back(labelling(stream, window), &jobs_);
        chain.steps.emplace_back(training(stream), &jobs_);
        return chain;
    }

    [[nodiscard]] JobRequest request(const std::string& stream, const std::string& stage,
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
    /// Behind the stage's own options those that users added, and no records.
    static void finish(JobRequest& request, const std::vector<std::string>& options) {
        auto& words = request.command;
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
    }
    void add_device(JobRequest& request) const {
        request.command.insert(request.command.end(),
                               {"--seed", std::to_string(o_.stages.seed), "--device",
                                o_.stages.device, "--threads", std::to_string(o_.stages.threads)});
    }

    [[nodiscard]] JobRequest ingestion(const std::string& stream) const {
        auto job = request(stream, "ingest", "ekya-ingest");
        job.command.insert(job.command.end(), {"--window", text_of(o_.seconds), "--windows",
                                               std::to_string(o_.windows), "--crop-size",
                                               std::to_string(o_.crop_size)});
        finish(job, o_.ingest_options);
        return job;
    }
    [[nodiscard]] JobRequest labelling(const std::string& stream, int window) const {
        auto job = request(stream, "label", "ekya-label");
        add_device(job);
        job.command.insert(job.command.end(),
                           {"--window", std::to_string(window), "--fraction", text_of(o_.fraction),
                            "--teacher", o_.stages.teacher});
        finish(job, o_.stages.label_options);
        return job;
    }
    [[nodiscard]] JobRequest training(const std::string& stream) const {
        auto job = request(stream, "train", "ekya-train");
        add_device(job);
        job.command.insert(
            job.command.end(),
            {"--base", std::to_string(o_.windows), "--epochs", std::to_string(o_.epochs),
             "--learning-rate", text_of(o_.learning_rate), "--network", o_.network, "--width",
             text_of(o_.width), "--place-width", std::to_string(o_.place_width), "--input-size",
             std::to_string(o_.crop_size), "--serve"});
        finish(job, {});
        return job;
    }

    const Store& store_;
    const BaseModelOptions& o_;
    Executor& here_;
    Executor& jobs_;
    std::vector<Chain> chains_;
    std::map<std::string, std::string> failed_;
};

}  // namespace

std::map<std::string, std::string> train_base_models(const Store& store,
                                                     const BaseModelOptions& options,
                                                     Executor& here, Executor& jobs,
                                                     const std::function<void()>& check) {
    Work work(store, options, here, jobs);
    while (!work.done()) {
        if (check) check();
        work.step();
    }
    return std::move(work).failed();
}

}  // namespace ekya
