#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace ekya {

/// Base of everything the library throws on purpose. The message names place, what was found and
/// what was expected; callers further up prepend context with add_context().
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A value outside its range (NaN included); the message names the field.
class DomainError : public Error {
public:
    using Error::Error;
};

/// Data that cannot be read: broken JSON line, damaged video, weights that do not fit their card.
class InputError : public Error {
public:
    using Error::Error;
};

/// The command line or a configuration file asks for something impossible; nothing was touched.
/// Exit code 2.
class ConfigError : public Error {
public:
    using Error::Error;
};

/// The operating system refused: disk full, permission, vanished file.
class SystemError : public Error {
public:
    using Error::Error;
};

/// Asked to stop by a signal; output written so far is flushed. Exit code 128 + signal.
class Interrupted : public Error {
public:
    explicit Interrupted(int signal_number)
        : Error("interrupted by signal " + std::to_string(signal_number)), signal(signal_number) {}
    int signal;
};

/// Some streams failed, the output is valid for the others. Exit code 3.
class PartialFailure : public Error {
public:
    explicit PartialFailure(std::vector<std::string> failed_streams);
    std::vector<std::string> streams;
};

/// Runs `work`; an ekya::Error from it gets `context` and ": " in front of its message, its type
/// kept.
template <typename Work>
auto with_context(const std::string& context, Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const DomainError& e) {
        throw DomainError(context + ": " + e.what());
    } catch (const InputError& e) {
        throw InputError(context + ": " + e.what());
    } catch (const ConfigError& e) {
        throw ConfigError(context + ": " + e.what());
    } catch (const SystemError& e) {
        throw SystemError(context + ": " + e.what());
    }
}

/// @throws DomainError "name: value is not in [low, high]" if value is NaN or outside
void require_in_range(const char* name, double value, double low, double high);

}  // namespace ekya
