#include "ekya/wire/state_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "ekya/core/new_file.hpp"

namespace ekya {
namespace fs = std::filesystem;

bool replace_line(const fs::path& file, const std::string& line) {
    return !write_aside(file, line + "\n");
}

namespace {

bool write_in_place(const fs::path& file, const std::string& line) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return false;
    const std::string text = line + "\n";
    const auto size = static_cast<ssize_t>(text.size());
    const bool written =
        pwrite(descriptor, text.data(), text.size(), 0) == size && ftruncate(descriptor, size) == 0;
    close(descriptor);
    return written;
}

}  // namespace

bool write_state(const fs::path& file, const Json& record) {
    const std::string line = to_line(record);
    return replace_line(file, line) || write_in_place(file, line);
}

double RateMeter::update(std::int64_t count, Seconds now) {
    if (!begun_) {
        begun_ = true;
        older_count_ = newer_count_ = count;
        older_ = newer_ = now;
        return 0;
    }
    // The mean reaches back half of the memory to all of it.
    if (now - newer_ >= memory / 2) {
        older_count_ = newer_count_;
        older_ = newer_;
        newer_count_ = count;
        newer_ = now;
    }
    return now > older_ ? static_cast<double>(count - older_count_) / (now - older_) : 0;
}

}  // namespace ekya
