#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"
#include "job_log.hpp"

namespace ekya {

/// A program that runs beside this process, in a session of its own so that no signal of the
/// terminal or of this process's group reaches it. Its standard input is empty.
class Subprocess {
public:
    struct Files {
        int in = -1, out = -1, err = -1;  ///< -1 = /dev/null
    };
    /// @param environment all of it. @throws SystemError if there is no such program
    Subprocess(const std::vector<std::string>& command, const Files& files,
               const std::vector<std::string>& environment);
    /// Killed if it has not ended.
    ~Subprocess();
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Becomes readable when it ends; -1 where the system has no such thing.
    [[nodiscard]] int descriptor() const { return handle_.get(); }
    /// Its exit code once it has ended, 128 + n if signal n ended it.
    [[nodiscard]] std::optional<int> exit_code();
    void signal(int number) const;

private:
    pid_t pid_ = -1;
    Descriptor handle_;
    std::optional<int> exit_code_;
};

/// One that is asked something: what it writes.
class Question {
public:
    /// @param err where its messages go; -1 = they belong to the answer. @throws SystemError
    Question(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             int err = -1);
    /// Takes in what it has written. @return whether it has ended
    [[nodiscard]] bool answered();
    /// Waits for it, at most so long. @return whether it has ended
    [[nodiscard]] bool await(Seconds limit);
    [[nodiscard]] int exit_code() { return process_->exit_code().value_or(1); }
    [[nodiscard]] const std::string& answer() const { return answer_; }

private:
    Descriptor read_;
    std::optional<Subprocess> process_;
    std::string answer_;
};

/// This process's environment without the variables whose names begin so, `except` one.
[[nodiscard]] std::vector<std::string> environment_without(const std::string& prefix,
                                                           const std::string& except);

}  // namespace ekya
