#include "ekya/core/clock.hpp"

#include <sched.h>
#include <sys/timex.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

std::atomic<int> told_cores = 0;  // 0 = not told

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

double unix_time() { return read_clock(CLOCK_REALTIME); }

bool clock_is_synchronised() {
    timex state{};
    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

Seconds process_cpu_seconds() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

int usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int device_cores() { return told_cores > 0 ? told_cores.load() : usable_cores(); }

void set_device_cores(int cores) {
    if (cores < 1) throw DomainError("device cores: " + std::to_string(cores) + " is below 1");
    told_cores = cores;
}

}  // namespace ekya
