#include "ekya/publish/line_follower.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

constexpr int chunks_at_once = 16;

}  // namespace

LineFollower::LineFollower(std::filesystem::path file, From from)
    : file_(std::move(file)), from_(from) {
    if (from_ == From::end && open()) lseek(descriptor_, 0, SEEK_END);
    from_ = From::begin;  // a file that comes later is new
}

LineFollower::~LineFollower() { close(); }

bool LineFollower::open() {
    if (descriptor_ >= 0) return true;
    descriptor_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat found {};
    if (descriptor_ >= 0 && (fstat(descriptor_, &found) != 0 || !S_ISREG(found.st_mode))) close();
    return descriptor_ >= 0;
}

void LineFollower::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    rest_.clear();
    too_long_ = false;
}

bool LineFollower::is_replaced() const {
    struct stat ours {
    }, there{};
    if (fstat(descriptor_, &ours) != 0) return true;
    if (lstat(file_.c_str(), &there) != 0) return false;  // between two files
    return ours.st_ino != there.st_ino || ours.st_dev != there.st_dev ||
           there.st_size < lseek(descriptor_, 0, SEEK_CUR);
}

bool LineFollower::read_some(std::vector<std::string>& lines) {
    std::array<char, 65536> bytes{};
    const ssize_t size = ::read(descriptor_, bytes.data(), bytes.size());
    if (size <= 0) return false;
    std::string_view text(bytes.data(), static_cast<std::size_t>(size));
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        rest_ += text.substr(0, end);
        text.remove_prefix(end + 1);
        const bool whole = !std::exchange(too_long_, false) && rest_.size() <= limits::line_bytes;
        if (auto line = std::exchange(rest_, {}); whole && !line.empty())
            lines.push_back(std::move(line));
    }
    rest_ += text;
    if (rest_.size() > limits::line_bytes) {
        rest_.clear();
        too_long_ = true;
    }
    return true;
}

std::vector<std::string> LineFollower::take() {
    std::vector<std::string> lines;
    for (int chunk = 0; chunk < chunks_at_once && open(); ++chunk) {
        if (read_some(lines)) continue;
        if (!is_replaced()) break;
        close();
    }
    return lines;
}

}  // namespace ekya
