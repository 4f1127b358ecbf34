#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/nn/device.hpp"
#include "synthetic.hpp"

using namespace ekya;

TEST_CASE("resolve_device: the CPU is always there, auto always finds something") {
    CHECK(resolve_device("cpu") == "cpu");
    const auto found = resolve_device("auto");
    CHECK((found == "cpu" || found == "cuda:0"));
}

TEST_CASE(
    "resolve_device: a device that does not exist is a configuration error that says what there "
    "is") {
    const auto message =
        test::message_of<ConfigError>([] { static_cast<void>(resolve_device("cuda:99")); });
    CHECK(test::contains(message, "\"cuda:99\" is not there"));
    CHECK(test::contains(message, "CUDA devices found"));
    for (const char* const wish : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"})
        CHECK(test::contains(
            test::message_of<ConfigError>([&] { static_cast<void>(resolve_device(wish)); }),
            "is not auto, cpu, cuda or cuda:N"));
}

TEST_CASE("set_threads_of_this_thread: at least one") {
    CHECK_THROWS_AS(set_threads_of_this_thread(0), DomainError);
    CHECK_NOTHROW(set_threads_of_this_thread(1));
}

TEST_CASE("set_threads: at least one, any number of times") {
    CHECK_THROWS_AS(set_threads(0), DomainError);
    CHECK_NOTHROW(set_threads(2));
    CHECK_NOTHROW(set_threads(1));
}
