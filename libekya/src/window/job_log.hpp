#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/window/executor.hpp"

namespace ekya {

/// A file descriptor that is closed in time; above 2, so that a job can be given it.
class Descriptor {
public:
    explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
    /// @throws SystemError
    Descriptor(const std::filesystem::path& file, int flags);
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_ = -1;
};

/// Where a job's records go: a new file, or /dev/null. @throws SystemError
[[nodiscard]] Descriptor open_records(const std::filesystem::path& file);

/// Renames what stands in the way of a job's log, records or directory: somebody may have put a
/// link, a pipe or a directory there.
void make_room(const JobRequest& request);

/// The log of a job. It opens with the command, as a shell would read it, and closes with the exit
/// code and the seconds; between the two is what the job says.
class JobLog {
public:
    /// Appends to the file, whose directory is made. @throws SystemError
    JobLog(const std::filesystem::path& file, const std::vector<std::string>& command);
    [[nodiscard]] int descriptor() const { return file_.get(); }
    /// A line of the executor.
    void say(const std::string& line) const;
    void close_with(int exit_code) const;

private:
    Descriptor file_;
    SystemClock clock_;
    Seconds start_ = clock_.now();
};

}  // namespace ekya
