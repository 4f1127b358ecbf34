#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"

namespace ekya {
namespace {

const std::string prefix = "ekya-job-";

/// Directories of holders that were killed.
void sweep(const std::filesystem::path& place) {
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(place, code)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(prefix)) continue;
        const int holder = std::atoi(name.c_str() + prefix.size());
        if (holder > 0 && kill(holder, 0) != 0 && errno == ESRCH)
            std::filesystem::remove_all(entry.path(), code);
    }
}

/// @return null if that is impossible
double* map(int descriptor) {
    void* const memory =
        mmap(nullptr, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<double*>(memory);
}

/// The page of the job that this process belongs to; null without one.
double* own_page() {
    static double* const page = []() -> double* {
        const char* const path = std::getenv("EKYA_METER");
        if (path == nullptr) return nullptr;
        const int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor < 0) return nullptr;
        double* const memory = lseek(descriptor, 0, SEEK_END) >= static_cast<off_t>(sizeof(double))
                                   ? map(descriptor)
                                   : nullptr;
        close(descriptor);
        return memory;
    }();
    return page;
}

}  // namespace

MeterPage::MeterPage() {
    const auto place = std::filesystem::temp_directory_path();
    sweep(place);
    std::string made = (place / (prefix + std::to_string(getpid()) + "-XXXXXX")).string();
    const auto error = [&made](int number) {
        return SystemError(made + ": " + std::system_category().message(number));
    };
    if (mkdtemp(made.data()) == nullptr) throw error(errno);
    directory_ = made;
    const int descriptor = open(path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    // Memory that the disk has no room for would end who writes to it.
    int number = descriptor < 0 ? errno : posix_fallocate(descriptor, 0, sizeof(double));
    if (number == 0) {
        seconds_ = map(descriptor);
        if (seconds_ == nullptr) number = errno;
    }
    if (descriptor >= 0) close(descriptor);
    if (number == 0) return;
    std::error_code code;
    std::filesystem::remove_all(directory_, code);
    throw error(number);
}

MeterPage::~MeterPage() {
    munmap(seconds_, sizeof(double));
    std::error_code code;
    std::filesystem::remove_all(directory_, code);
}

Seconds MeterPage::seconds() const {
    return std::atomic_ref<double>(*seconds_).load(std::memory_order_relaxed);
}

void MeterPage::add(Seconds seconds) {
    if (double* const page = own_page())
        std::atomic_ref<double>(*page).fetch_add(seconds, std::memory_order_relaxed);
}

}  // namespace ekya
