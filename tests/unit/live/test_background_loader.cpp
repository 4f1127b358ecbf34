#include <doctest/doctest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "ekya/live/background_loader.hpp"

using ekya::BackgroundLoader;
using Loader = BackgroundLoader<std::string>;

namespace {

std::unique_ptr<std::string> model(const std::string& name) {
    return std::make_unique<std::string>(name);
}

/// Waits for it as a serving loop would, by asking.
void await(const Loader& loader) {
    while (!loader.ready()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("BackgroundLoader: idle, loading, ready, taken") {
    Loader loader;
    CHECK_FALSE(loader.busy());
    CHECK_FALSE(loader.ready());
    std::promise<void> go;
    loader.start([&go] {
        go.get_future().wait();
        return model("new");
    });
    CHECK(loader.busy());
    CHECK_FALSE(loader.ready());  // the old model answers meanwhile
    go.set_value();
    await(loader);
    CHECK(loader.busy());
    CHECK(*loader.take() == "new");
    CHECK_FALSE(loader.busy());
    CHECK_FALSE(loader.ready());
}

TEST_CASE("BackgroundLoader: loads on another thread") {
    Loader loader;
    std::thread::id loaded_on;
    loader.start([&] {
        loaded_on = std::this_thread::get_id();
        return model("new");
    });
    (void)loader.take();
    CHECK(loaded_on != std::this_thread::get_id());
}

TEST_CASE(
    "BackgroundLoader: an error comes out where the result is taken, the next load is untouched by "
    "it") {
    Loader loader;
    loader.start(
        []() -> std::unique_ptr<std::string> { throw std::runtime_error("damaged weights"); });
    await(loader);
    CHECK_THROWS_WITH_AS(loader.take(), "damaged weights", std::runtime_error);
    CHECK_FALSE(loader.busy());
    loader.start([] { return model("good"); });
    CHECK(*loader.take() == "good");
}

TEST_CASE("BackgroundLoader: a newer wish replaces a result, or an error, that was not taken") {
    Loader loader;
    loader.start([] { return model("first"); });
    loader.start([]() -> std::unique_ptr<std::string> { throw std::runtime_error("second"); });
    loader.start([] { return model("third"); });
    CHECK(*loader.take() == "third");
}

TEST_CASE("BackgroundLoader: a load that nobody takes is waited for at the end") {
    bool done = false;
    {
        Loader loader;
        loader.start([&done] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            done = true;
            return model("late");
        });
    }
    CHECK(done);
}
