// What holds for every Executor. A test makes an ExecutorContract with a way to make one, and calls
// its checks.
#pragma once
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <regex>
#include <sstream>
#include <thread>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

namespace ekya::test {

class ExecutorContract {
public:
    /// @param tolerance relative, of what a job uses against its share
    ExecutorContract(std::function<std::unique_ptr<Executor>()> make, double tolerance,
                     std::filesystem::path scratch)
        : make_(std::move(make)), tolerance_(tolerance), scratch_(std::move(scratch)) {}

    void check_commands() {
        executor_ = make_();
        for (const int code : {0, 1, 3, 7, 130}) {
            CHECK(run({"sh", "-c", "exit " + std::to_string(code)}) == code);
            CHECK(std::regex_match(last_line(log()), std::regex("# exit " + std::to_string(code) +
                                                                " after [0-9]+\\.[0-9]+ s")));
        }
        CHECK(run({"sh", "-c", "kill -KILL $$"}) == 137);
        CHECK(run({(scratch_ / "no such program").string()}) == 127);
        CHECK(contains(content_of(log()), "No such file or directory"));

        std::filesystem::remove(log());
        CHECK(run({"printf", "%s\n", "one argument", "", "a*", "it's", "$HOME", "two\nlines"}) ==
              0);
        CHECK(content_of(records()) == "one argument\n\na*\nit's\n$HOME\ntwo\nlines\n");
        CHECK(first_line(log()) ==
              "# 'printf' $'%s\\n' 'one argument' '' 'a*' 'it'\\''s' '$HOME' "
              "$'two\\nlines'");
        CHECK_FALSE(contains(content_of(log()), "\none argument"));

        std::filesystem::remove(log());
        CHECK(run({"sh", "-c", "echo record; echo message >&2; cat"}) == 0);  // stdin is empty
        CHECK(content_of(records()) == "record\n");
        CHECK(contains(content_of(log()), "\nmessage\n"));
        CHECK(run({"true"}) == 0);
        CHECK(times("# exit 0", content_of(log())) == 2);

        CHECK(run({"sh", "-c", "exit 7"}, 0.5) == 7);
        CHECK(run({(scratch_ / "no such program").string()}, 0.5) == 127);
    }

    void check_names() {
        executor_ = make_();
        CHECK_FALSE(executor_->record("job").has_value());
        CHECK_THROWS_AS(executor_->order("job", {}), DomainError);
        executor_->start(request({"sleep", "60"}));
        CHECK_THROWS_AS(executor_->start(request({"true"})), DomainError);
        CHECK(executor_->wait(0).empty());
        CHECK(executor_->record("job")->state == "running");
        executor_->order("job", {JobOrder::State::stop, 0});
        CHECK(end_of("job") == 143);
        CHECK(executor_->record("job")->exit_code == 143);
        executor_->order("job", {JobOrder::State::pause, 0.5});  // too late, and no error
        CHECK(executor_->record("job")->state == "ended");
        CHECK(run({"true"}) == 0);  // the name is free again

        std::map<std::string, int> ends;
        for (const char* name : {"a", "b", "c"}) {
            auto each = request({"sh", "-c", std::string("sleep 0.1; exit ") + name[0]});
            each.command.back() = "sleep 0.1; exit " + std::to_string(name[0]);
            each.name = name;
            each.log = scratch_ / (each.name + ".log");
            executor_->start(each);
        }
        for (int i = 0; i < 300 && ends.size() < 3; ++i)
            for (const auto& end : executor_->wait(0.2)) ends[end.name] = *end.record.exit_code;
        CHECK(ends == std::map<std::string, int>{{"a", 'a'}, {"b", 'b'}, {"c", 'c'}});
    }

    /// What is granted is what is used, through all that can happen to a job.
    void check_shares() {
        executor_ = make_();
        auto job = request({"sh", "-c", "(while :; do :; done) & while :; do :; done"}, 0.3);
        job.directory = directory();
        executor_->start(job);
        REQUIRE(comes_true([&] { return told().state == "running"; }));
        // The first stretch begins with the job's start.
        sleep(2.2);
        CHECK(rate_from(0) == doctest::Approx(0.3).epsilon(tolerance_));

        std::size_t from = uses().size() + 1;
        const Seconds changed = clock_.now();
        executor_->order("job", {JobOrder::State::run, 0.1});
        CHECK(comes_true([&] { return told().share == 0.1; }));
        CHECK(clock_.now() - changed < 0.5);
        sleep(2.2);
        CHECK(rate_from(from) == doctest::Approx(0.1).epsilon(tolerance_));

        executor_->order("job", {JobOrder::State::pause, 0.1});
        CHECK(comes_true([&] { return told().state == "paused"; }));
        from = uses().size();
        sleep(1.2);
        executor_->order("job", {JobOrder::State::run, 0.2});
        CHECK(comes_true([&] { return told().state == "running"; }));
        REQUIRE(uses().size() > from);
        CHECK(uses()[from].paused);
        CHECK(uses()[from].used < 0.02);
        CHECK(comes_true([&] { return executor_->record("job")->share == 0.2; }));

        // Others may order too, by a file.
        write(directory() / "order.json", "no json\n");
        CHECK(comes_true([&] { return contains(content_of(log()), "order.json"); }));
        CHECK(told().state == "running");
        write(directory() / ".aside", "{\"schema\":\"ekya.job-order/1\",\"share\":0.15}\n");
        std::filesystem::rename(directory() / ".aside", directory() / "order.json");
        CHECK(comes_true([&] { return told().share == 0.15; }));

        executor_->order("job", {JobOrder::State::stop, 0.15});
        CHECK(end_of("job") == 143);
        CHECK(told().exit_code == 143);
        double granted = 0;
        for (const auto& use : uses()) granted += use.granted();
        CHECK(told().granted == doctest::Approx(granted));
        CHECK(executor_->record("job")->granted == doctest::Approx(granted));
    }

    /// An early end asked for reaches the job itself, once.
    void check_finish() {
        executor_ = make_();
        auto job = request({"sh", "-c",
                            "n=0; trap 'n=$((n+1))' USR1; touch " + begun().string() +
                                "; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; exit "
                                "$((40+n))"});
        job.directory = directory();
        std::filesystem::remove(begun());
        executor_->start(job);
        CHECK(comes_true([&] { return std::filesystem::exists(begun()); }));
        executor_->order("job", {JobOrder::State::finish, 0});
        executor_->order("job", {JobOrder::State::finish, 0});
        CHECK(end_of("job") == 41);
    }

    /// What the job left running goes with it, and one that will not end is killed.
    void check_deadline() {
        executor_ = make_();
        auto job = request(stubborn());
        job.directory = directory();
        job.deadline = run_time() + 1;
        executor_->start(job);
        CHECK(end_of("job") == 124);
        CHECK(nothing_left());
    }

    void check_destruction() {
        executor_ = make_();
        std::filesystem::remove(begun());
        executor_->start(request(stubborn()));
        CHECK(comes_true([&] { return std::filesystem::exists(begun()); }));
        CHECK_FALSE(nothing_left());
        executor_.reset();
        CHECK(comes_true([&] { return nothing_left(); }));
    }

    /// Whoever runs this is killed by SIGKILL after `begun` exists.
    void hold_for_ever() {
        executor_ = make_();
        executor_->start(request(stubborn()));
        sleep(600);
    }
    [[nodiscard]] std::filesystem::path begun() const { return scratch_ / "begun"; }
    /// No process of a stubborn job runs.
    [[nodiscard]] bool nothing_left() const {
        for (const auto& entry : std::filesystem::directory_iterator("/proc"))
            if (contains(content_of(entry.path() / "cmdline"), marker()) &&
                entry.path().filename() != std::to_string(getpid()))
                return false;
        return true;
    }

    [[nodiscard]] std::filesystem::path log() const { return scratch_ / "new directory/job.log"; }
    [[nodiscard]] std::filesystem::path records() const { return scratch_ / "records"; }
    [[nodiscard]] std::filesystem::path directory() const { return scratch_ / "jobs/job"; }

    [[nodiscard]] JobRequest request(std::vector<std::string> command, double share = 0) const {
        JobRequest request;
        request.name = "job";
        request.command = std::move(command);
        request.share = share;
        request.log = log();
        request.records = records();
        return request;
    }
    [[nodiscard]] int run(std::vector<std::string> command, double share = 0) {
        executor_->start(request(std::move(command), share));
        return end_of("job");
    }
    [[nodiscard]] int end_of(const std::string& name) {
        for (int i = 0; i < 150; ++i)
            for (const auto& end : executor_->wait(0.2))
                if (end.name == name) return end.record.exit_code.value_or(-1);
        return -2;
    }
    [[nodiscard]] Executor& executor() { return *executor_; }
    void open() { executor_ = make_(); }
    void close() { executor_.reset(); }

    static void sleep(Seconds time) {
        std::this_thread::sleep_for(std::chrono::duration<double>(time));
    }
    template <typename Condition> static bool comes_true(Condition&& condition) {
        for (int i = 0; i < 1000; ++i, sleep(0.02))
            if (condition()) return true;
        return false;
    }
    static std::string first_line(const std::filesystem::path& file) {
        const std::string text = content_of(file);
        return text.substr(0, text.find('\n'));
    }
    static std::string last_line(const std::filesystem::path& file) {
        std::string line, last;
        for (std::istringstream text(content_of(file)); std::getline(text, line);) last = line;
        return last;
    }
    static int times(const std::string& part, const std::string& text) {
        int count = 0;
        for (std::size_t at = text.find(part); at != std::string::npos;
             at = text.find(part, at + 1))
            ++count;
        return count;
    }

private:
    [[nodiscard]] std::string marker() const { return (scratch_ / "stubborn").string(); }
    /// A job that does not hear of its end, and neither do its children, one in a session of its
    /// own.
    [[nodiscard]] std::vector<std::string> stubborn() const {
        return {"sh", "-c",
                "trap '' TERM HUP; (setsid sh -c 'trap \"\" TERM HUP; sleep 60' " + marker() +
                    ") & touch " + begun().string() + "; while :; do sleep 0.1; done",
                marker()};
    }
    /// What job.json says; an empty record if there is none.
    [[nodiscard]] JobRecord told() const {
        if (!std::filesystem::exists(directory() / "job.json")) return {};
        return read_record<JobRecord>(directory() / "job.json");
    }
    [[nodiscard]] std::vector<JobUse> uses() const {
        std::istringstream text(content_of(directory() / "use.jsonl"));
        return read_records<JobUse>(text, "use.jsonl");
    }
    [[nodiscard]] double rate_from(std::size_t first) const {
        double used = 0, seconds = 0;
        const auto all = uses();
        for (std::size_t i = first; i < all.size(); ++i) {
            used += all[i].used;
            seconds += all[i].seconds;
        }
        return seconds > 0 ? used / seconds : 0;
    }

    std::function<std::unique_ptr<Executor>()> make_;
    double tolerance_;
    std::filesystem::path scratch_;
    std::unique_ptr<Executor> executor_;
    SystemClock clock_;
};

}  // namespace ekya::test
