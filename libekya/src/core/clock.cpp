#include "ekya/core/clock.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

Seconds read_clock(clockid_t id) {
    timespec time{};
    clock_gettime(id, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

Seconds SystemClock::now() const { return read_clock(CLOCK_MONOTONIC); }

void SystemClock::sleep(Seconds duration) {
    if (duration > 0) std::this_thread::sleep_for(std::chrono::duration<double>(duration));
}

Seconds process_cpu_seconds() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

int usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int device_cores() {
    const char* const told = std::getenv("EKYA_CORES");
    if (!told) return usable_cores();
    const std::string text = told;
    int cores = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cores);
    if (error != std::errc() || end != text.data() + text.size() || cores < 1)
        throw ConfigError("EKYA_CORES: \"" + text + "\" is not a whole number of at least 1");
    return cores;
}

}  // namespace ekya
