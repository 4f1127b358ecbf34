#include "ekya/cli/progress.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

#include "ekya/core/text.hpp"

namespace ekya::cli {

Progress::Progress(std::string label, double total)
    : label_(std::move(label)),
      total_(total),
      start_(clock_.now()),
      terminal_(::isatty(STDERR_FILENO) == 1 && spdlog::should_log(spdlog::level::info)) {}

Progress::~Progress() {
    if (terminal_ && drawn_ >= 0) std::fputs("\r\033[K", stderr);
}

void Progress::update(double done, const std::string& note) {
    const Seconds now = clock_.now();
    if (!terminal_ || total_ <= 0 || (drawn_ >= 0 && now - drawn_ < 0.2)) return;
    drawn_ = now;
    const double part = done / total_;
    const Seconds left = part > 0 ? (now - start_) * (1 - part) / part : 0;
    std::fprintf(stderr, "\r\033[K%s %3.0f %%, %.0f s left %s", printable(label_).c_str(),
                 100 * part, left, printable(note).c_str());
    std::fflush(stderr);
}

}  // namespace ekya::cli
