// ekya-tail: print what running inference answers, and what happens.
//   in: sockets and files of a store      out: ekya.inference/1, ekya.event/1 and others, JSON
//   Lines stderr: messages
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/publish/live_feed.hpp"

namespace {

struct Options {
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    ekya::SocketSecurity security;
    std::vector<std::string> streams, connect;
    std::string only;
    bool recorded = false, from_start = false;
    std::int64_t count = 0;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.store);
    ekya::cli::add_output(app, o.io);
    app.add_option("--stream", o.streams, "id of a stream, repeatable (default: all of the store)")
        ->check(ekya::cli::refuse_bad_name)
        ->group("Records");
    app.add_option("--only", o.only, "answers or events (default: both)")
        ->check(CLI::IsMember({"answers", "events"}))
        ->group("Records");
    app.add_option("--count", o.count, "end after this many records, 0 = never")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Records");
    auto* recorded = app.add_flag("--recorded", o.recorded,
                                  "print the answers that the store has recorded, and end");
    recorded->group("Records");
    app.add_flag("--from-start", o.from_start,
                 "print the answers that the store has recorded first, then what comes")
        ->excludes(recorded)
        ->group("Records");
    app.add_option("--connect", o.connect,
                   "ZeroMQ endpoint that ekya-infer publishes on (--publish, --events), "
                   "repeatable; then the store is not looked at")
        ->excludes(recorded)
        ->excludes("--from-start")
        ->group("Sockets");
    ekya::cli::add(app, o.security);
    ekya::cli::describe(
        app,
        {"the sockets and files of a store that ekya-serve or ekya-loop serves",
         "ekya.inference/1 for each frame; ekya.inference-event/1, ekya.accuracy/1 and "
         "ekya.event/1; JSON Lines, as they come",
         "ekya-tail --store cameras --stream gate --only answers", "Ekya, NSDI 2022, section 3"});
}

/// Prints records until there are enough.
class Printer {
public:
    Printer(const Options& o, const ekya::cli::Context& context)
        : output_(context.output(o.io)), most_(o.count) {}
    /// @return whether more may come
    bool print(const ekya::LiveRecord& record) {
        if (enough()) return false;
        output_.write_bytes(record.line + "\n");
        ++count_;
        return !enough();
    }
    [[nodiscard]] bool enough() const { return most_ > 0 && count_ >= most_; }
    void commit() { output_.commit(); }

private:
    ekya::cli::Output output_;
    std::int64_t most_, count_ = 0;
};

std::vector<std::string> recorded_streams(const Options& o, const ekya::LiveFiles& files) {
    auto streams = files.answered_streams();
    for (const auto& id : o.streams)
        if (std::find(streams.begin(), streams.end(), id) == streams.end())
            throw ekya::InputError("stream " + id + ": " + files.answers(id).string() +
                                   ": there is no such file");
    if (!o.streams.empty()) streams = o.streams;
    if (streams.empty())
        throw ekya::InputError(files.directory().string() + ": has no recorded answers");
    return streams;
}

void print_recorded(const Options& o, Printer& printer, ekya::LiveFeed* feed) {
    const ekya::LiveFiles files(o.store.store);
    if (o.only == "events") return;
    const auto streams = feed == nullptr ? recorded_streams(o, files) : files.answered_streams();
    for (const auto& stream : streams) {
        if (!o.streams.empty() &&
            std::find(o.streams.begin(), o.streams.end(), stream) == o.streams.end())
            continue;
        ekya::for_each_recorded_answer(files, stream, [&](const ekya::LiveRecord& record) {
            ekya::cli::Context::check_interrupted();
            (void)printer.print(record);
            if (feed != nullptr)
                feed->begin_behind(stream, record.json.value("window", 0),
                                   record.json.value("frame", std::int64_t{0}));
        });
    }
}

/// Whether the reader of the output has closed its pipe. While no record comes, nothing else tells.
bool nobody_reads() {
    pollfd out{STDOUT_FILENO, 0, 0};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

void follow(ekya::LiveFeed& feed, Printer& printer, ekya::cli::Context& context) {
    while (!printer.enough() && !ekya::cli::Context::interrupted()) {
        while (const auto record = feed.next())
            if (!printer.print(*record)) break;
        if (printer.enough() || nobody_reads()) break;
        feed.wait(std::chrono::milliseconds(1000));
        for (const auto& trouble : feed.troubles()) context.warn(trouble);
    }
    if (feed.missed() > 0)
        context.info(std::to_string(feed.missed()) +
                     " frames had no answer here: lost on their way to inference, or this was too "
                     "slow");
}

void run(const Options& o, ekya::cli::Context& context) {
    for (const auto& endpoint : o.connect)
        ekya::check_endpoint(endpoint, o.security, ekya::EndpointUse::connect);
    if (o.connect.empty() && !std::filesystem::is_directory(o.store.store))
        throw ekya::InputError(o.store.store + ": there is no such store");
    Printer printer(o, context);
    if (o.recorded) {
        print_recorded(o, printer, nullptr);
        return printer.commit();
    }
    const ekya::SystemClock clock;
    ekya::LiveFeed feed({o.connect.empty() ? o.store.store : "", o.streams, o.connect,
                         o.only != "events", o.only != "answers", o.security},
                        clock);
    if (o.from_start) print_recorded(o, printer, &feed);
    follow(feed, printer, context);
    printer.commit();
    ekya::cli::Context::check_interrupted();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-tail", "Print what running inference answers for each frame, and what happens.", argc,
        argv, add_options, run);
}
