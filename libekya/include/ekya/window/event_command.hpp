#pragma once
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/event.hpp"

namespace ekya {

class Subprocess;

/// The words of a command line as a shell splits them: at white space, with '...', "..." and \ as
/// quotes. Nothing else has a meaning: no variable, wildcard, pipe or redirection.
/// @throws ConfigError for a quote without an end
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// Whether there is a program of that name, as execvp() would find it.
[[nodiscard]] bool is_program(const std::string& name);

/// Runs a command of the user's for each event. Nobody waits for it: of each kind of event one
/// command runs at a time, further events of the kind wait, and beyond `most_waiting` the
/// oldest of them are dropped and counted. The record is the command's standard input; EKYA_EVENT
/// has the event's name and EKYA_EVENT_STREAM the stream's id, empty for the whole service. No text
/// of an event becomes part of the command.
class EventCommand {
public:
    struct Options {
        std::vector<std::string> words;  ///< program and arguments
        Seconds limit = 60;              ///< after which it is ended; > 0
        std::filesystem::path log;       ///< gets what it writes; begun anew at 4 MB
    };
    using Say = std::function<void(const std::string&)>;
    EventCommand(Options options, const Clock& clock, Say say);
    /// Commands that run are ended.
    ~EventCommand();
    EventCommand(const EventCommand&) = delete;
    EventCommand& operator=(const EventCommand&) = delete;

    void add(const Event& event);
    /// Starts what may start, ends what takes too long. Never waits.
    void step();
    [[nodiscard]] bool idle() const;

    static constexpr std::size_t most_waiting = 100;  ///< of a kind

private:
    struct Kind {
        std::deque<Event> waiting;
        std::unique_ptr<Subprocess> running;
        Seconds started = 0;
        int told_to_end = 0;  // signals sent
    };
    void start(Kind& kind);
    void look_after(Kind& kind, const std::string& name);

    Options o_;
    const Clock& clock_;
    Say say_;
    std::map<std::string, Kind> kinds_;
    long dropped_ = 0;
};

}  // namespace ekya
