#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <vector>

#include "ekya/live/background_loader.hpp"
#include "ekya/live/background_thread.hpp"

using namespace ekya;

namespace {

/// A model that notes on which thread it was destroyed.
struct Model {
    std::promise<std::thread::id>* destroyed = nullptr;
    ~Model() {
        if (destroyed) destroyed->set_value(std::this_thread::get_id());
    }
};

}  // namespace

TEST_CASE("BackgroundThread: jobs in order, all of them before it ends") {
    std::vector<int> done;
    {
        BackgroundThread thread;
        for (int i = 0; i < 50; ++i) thread.post([&done, i] { done.push_back(i); });
    }
    REQUIRE(done.size() == 50);
    for (int i = 0; i < 50; ++i) CHECK(done[static_cast<std::size_t>(i)] == i);
}

TEST_CASE(
    "BackgroundThread: one thread, of lower priority than the others, whose CPU time is counted") {
    BackgroundThread thread;
    std::promise<std::pair<int, std::thread::id>> first, second;
    const auto look = [](std::promise<std::pair<int, std::thread::id>>& seen) {
        seen.set_value(
            {getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), std::this_thread::get_id()});
    };
    thread.post([&] { look(first); });
    thread.post([&] { look(second); });
    const auto one = first.get_future().get(), other = second.get_future().get();
    const int mine = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    CHECK(one.first == std::min(19, mine + 10));
    CHECK(one.second == other.second);
    CHECK(one.second != std::this_thread::get_id());

    const Seconds before = thread.cpu_seconds();
    std::promise<void> worked;
    thread.post([&] {
        const Seconds start = process_cpu_seconds();
        while (process_cpu_seconds() - start < 0.05) {}
        worked.set_value();
    });
    worked.get_future().get();
    CHECK(thread.cpu_seconds() - before > 0.01);
}

TEST_CASE("BackgroundLoader: what serves no longer is destroyed aside") {
    BackgroundLoader<Model> loader;
    std::promise<std::thread::id> destroyed;
    auto old = std::make_unique<Model>();
    old->destroyed = &destroyed;
    loader.retire(std::move(old));
    CHECK(destroyed.get_future().get() != std::this_thread::get_id());
}
