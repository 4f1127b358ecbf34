#include "ekya/window/event_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/event_records.hpp"
#include "subprocess.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t log_bytes = 4'000'000;
constexpr Seconds patience = 2;  // from being told to end to being killed

/// The record as a file that is read from its begin: no command that does not read it, or reads it
/// slowly, keeps anybody waiting.
Descriptor input_of(const Event& event) {
    Descriptor file(memfd_create("ekya-event", MFD_CLOEXEC));
    const std::string line = to_line(encode(event)) + "\n";
    if (file.get() < 0 ||
        ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        lseek(file.get(), 0, SEEK_SET) != 0)
        throw SystemError(std::string("cannot hand over an event: ") + std::strerror(errno));
    return file;
}

Descriptor open_log(const fs::path& log) {
    std::error_code code;
    if (const auto size = fs::file_size(log, code); !code && size > log_bytes)
        fs::rename(log, log.string() + ".1", code);
    return {log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC};
}

void signal_group(const Subprocess& process, int number) {
    process.signal(number);
    kill(-process.pid(), number);  // it leads a session of its own
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (quote == 0 && blank) {
            in_word = false;
            continue;
        }
        if (!std::exchange(in_word, true)) words.emplace_back();
        std::string& word = words.back();
        const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size() &&
                             (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\');
        if (escapes)
            word += text[++i];
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else
            word += c;
    }
    if (quote != 0)
        throw ConfigError(printable(text, limits::quoted_bytes) + ": a quote " + quote +
                          " has no end");
    return words;
}

bool is_program(const std::string& name) {
    const auto runs = [](const fs::path& file) {
        std::error_code code;
        return fs::is_regular_file(file, code) && access(file.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos) return runs(name);
    const char* path = std::getenv("PATH");
    std::istringstream places(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string place; std::getline(places, place, ':');)
        if (runs(fs::path(place.empty() ? "." : place) / name)) return true;
    return false;
}

EventCommand::EventCommand(Options options, const Clock& clock, Say say)
    : o_(std::move(options)), clock_(clock), say_(std::move(say)) {}

EventCommand::~EventCommand() {
    for (auto& [name, kind] : kinds_)
        if (kind.running && !kind.running->exit_code()) signal_group(*kind.running, SIGKILL);
}

void EventCommand::add(const Event& event) {
    auto& waiting = kinds_[name_of(event.kind)].waiting;
    waiting.push_back(event);
    if (waiting.size() > most_waiting) {
        waiting.pop_front();
        if (++dropped_ == 1) say_("--on-event: too many events wait; the oldest are dropped");
    }
    step();
}

bool EventCommand::idle() const {
    for (const auto& [name, kind] : kinds_)
        if (kind.running || !kind.waiting.empty()) return false;
    return true;
}

void EventCommand::step() {
    for (auto& [name, kind] : kinds_) {
        if (kind.running) look_after(kind, name);
        while (!kind.running && !kind.waiting.empty()) start(kind);
    }
}

void EventCommand::start(Kind& kind) {
    const Event event = std::move(kind.waiting.front());
    kind.waiting.pop_front();
    try {
        const Descriptor in = input_of(event), log = open_log(o_.log);
        auto environment = environment_without("EKYA_", "");
        environment.push_back("EKYA_EVENT=" + name_of(event.kind));
        environment.push_back("EKYA_EVENT_STREAM=" + event.stream);
        kind.running = std::make_unique<Subprocess>(
            o_.words, Subprocess::Files{in.get(), log.get(), log.get()}, environment);
        kind.started = clock_.now();
        kind.told_to_end = 0;
    } catch (const Error& e) {
        say_("--on-event: " + name_of(event.kind) + ": " + e.what());
    }
}

void EventCommand::look_after(Kind& kind, const std::string& name) {
    if (const auto code = kind.running->exit_code()) {
        if (*code != 0 && kind.told_to_end == 0)
            say_("--on-event: " + name + ": exit code " + std::to_string(*code) + ", see " +
                 o_.log.string());
        kill(-kind.running->pid(), SIGKILL);  // what it has left running
        kind.running.reset();
        return;
    }
    const Seconds over = clock_.now() - kind.started - o_.limit;
    if (over >= 0 && kind.told_to_end == 0) {
        ++kind.told_to_end;
        say_("--on-event: " + name + ": takes more than " + to_text(o_.limit) + " s, it is ended");
        signal_group(*kind.running, SIGTERM);
    } else if (over >= patience && kind.told_to_end == 1) {
        ++kind.told_to_end;
        signal_group(*kind.running, SIGKILL);
    }
}

}  // namespace ekya
