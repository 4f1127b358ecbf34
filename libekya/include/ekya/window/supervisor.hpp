#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/window/executor.hpp"

namespace ekya {

struct SupervisorOptions {
    Seconds first_wait = 0.2;  ///< before the first restart; doubles with each in a row
    Seconds longest_wait = 10;
    bool after_errors = false;  ///< one that ends with an error is started again too
    Seconds steady = 60;        ///< one that has run for so long begins to be counted anew
    int most_silent = 3;        ///< requests in a row that a program may leave without an answer
};

/// Options of programs that nobody watches: whatever happens to them, they are tried for ever.
[[nodiscard]] SupervisorOptions tried_for_ever();

/// Keeps programs running that shall last: one that was killed is started again, however often,
/// with growing pauses. One that ends by
/// itself, well or with an error, or because it was asked to, has ended.
class Supervisor {
public:
    using Say = std::function<void(const std::string&)>;
    /// What to run. @param restarts how often it was started again so far, in all
    using Request = std::function<JobRequest(int restarts)>;

    Supervisor(Executor& executor, const Clock& clock, Say say, SupervisorOptions options = {})
        : executor_(executor), clock_(clock), say_(std::move(say)), o_(options) {}

    /// Starts a program and keeps it running; one of this name must not run.
    /// @param what for messages, e.g. "stream a: ingestion"
    void keep(const std::string& name, const std::string& what, Request request);
    /// Takes the end of a job. @return false if it is none of these programs
    bool ended(const JobEnd& end);
    /// Starts again what is due.
    void step();
    /// Takes whether a program has answered a request. One that left too many in a row is told to
    /// end and started again.
    void note_answer(const std::string& name, bool answered);
    /// Asks a program to end; it is not started again.
    void stop(const std::string& name);

    [[nodiscard]] bool runs(const std::string& name) const;
    /// Times that it was started again.
    [[nodiscard]] int restarts(const std::string& name) const;
    /// Of one that runs no longer.
    [[nodiscard]] std::optional<int> exit_code(const std::string& name) const;
    /// It is waiting to be started again.
    [[nodiscard]] bool waits(const std::string& name) const;

private:
    struct Program {
        std::string what;
        Request request;
        int restarts = 0;     ///< in all
        int in_a_row = 0;     ///< of them since it last ran steadily
        Seconds started = 0;  ///< the last time
        int silent = 0;       ///< requests in a row without an answer
        bool stopping = false;
        bool restarting = false;               ///< told to end, and then started again
        std::optional<Seconds> start_at = {};  ///< it is to be started again
        std::string problem = {};              ///< why it could not be started, as told last
        std::optional<int> exit_code = {};     ///< it runs no longer
    };

    Executor& executor_;
    const Clock& clock_;
    Say say_;
    SupervisorOptions o_;
    std::map<std::string, Program> programs_;
};

}  // namespace ekya
