#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "support/scratch.hpp"

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
    CHECK(test::contains(message, built_with_cuda() ? "" : "this build has no CUDA"));
    for (const char* const wish : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"})
        CHECK(test::contains(
            test::message_of<ConfigError>([&] { static_cast<void>(resolve_device(wish)); }),
            "is not auto, cpu, cuda or cuda:N"));
}

TEST_CASE("device_seconds: of the CPU it is CPU time") {
    const auto before = device_seconds("cpu");
    volatile double sum = 0;
    for (int i = 0; i < 20'000'000; ++i) sum = sum + i;
    CHECK(device_seconds("cpu") > before);
}

TEST_CASE("MeterPage: processes of a job add to it") {
    const MeterPage page;
    CHECK(page.seconds() == 0);
    const pid_t child = fork();
    if (child == 0) {
        setenv("EKYA_METER", page.path().c_str(), 1);
        MeterPage::add(0.25);
        MeterPage::add(0.5);
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    CHECK(page.seconds() == 0.75);
}
