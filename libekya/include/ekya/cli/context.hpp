#pragma once
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/cli/options.hpp"
#include "ekya/wire/json.hpp"

namespace ekya::cli {

/// Where a tool's records go: stdout, line by line, or a file written aside that takes its name at
/// commit().
class Output {
public:
    explicit Output(const InputOutput& io);
    ~Output();
    Output(Output&&) noexcept;

    /// Writes one record as a line. @throws SystemError on a full disk, a closed pipe, …
    void write(const Json& record);
    /// Writes one line that is no record, e.g. of a table, in a form that is harmless to a
    /// terminal.
    void write_line(const std::string& line);
    /// Writes bytes as they are, e.g. of a model.
    void write_bytes(std::string_view bytes);
    /// Flushes, checks and, for a file, renames. Without it a file is not left behind.
    void commit();

private:
    struct File;
    std::unique_ptr<File> file_;
};

/// What a running tool may use of the process: inputs, outputs, messages, signals.
class Context {
public:
    explicit Context(std::string tool_name) : name_(std::move(tool_name)) {}

    /// stdin for "-", else the file. @throws InputError if it cannot be opened
    [[nodiscard]] std::istream& input(const InputOutput& io);
    /// Name of the input in messages.
    [[nodiscard]] static std::string input_name(const InputOutput& io) {
        return io.input == "-" ? "stdin" : io.input;
    }
    [[nodiscard]] Output output(const InputOutput& io) const { return Output(io); }

    void info(const std::string& message) const;
    void warn(const std::string& message) const;
    void debug(const std::string& message) const;
    /// A line of text for people that was asked for, on stderr, without a severity. It is as severe
    /// as info().
    void say(const std::string& line) const;

    /// Reports that a stream failed; the tool goes on with the others and ends with exit code 3
    /// (1 if no stream is left, see finish()).
    void stream_failed(const std::string& stream, const std::string& why);
    [[nodiscard]] const std::vector<std::string>& failed_streams() const { return failed_; }
    /// @throws PartialFailure if some of `streams` failed, Error if all did
    void finish(std::size_t streams) const;

    /// True once SIGINT or SIGTERM came.
    [[nodiscard]] static bool interrupted();
    /// Its number; 0 = none came.
    [[nodiscard]] static int signal();
    /// From now on SIGUSR1 asks the work to come to its end early; without this it ends the
    /// process.
    static void accept_finish_requests();
    [[nodiscard]] static bool finish_requested();
    /// From now on SIGHUP asks for files of settings to be read again; without this it ends the
    /// process.
    static void accept_reload_requests();
    /// Whether it came since the last call.
    [[nodiscard]] static bool take_reload_request();
    /// @throws Interrupted once SIGINT or SIGTERM came
    static void check_interrupted();

private:
    std::string name_;
    std::unique_ptr<std::istream> file_;
    std::vector<std::string> failed_;
    std::size_t failures_ = 0;  // more than have names if there was no memory for one
};

}  // namespace ekya::cli
