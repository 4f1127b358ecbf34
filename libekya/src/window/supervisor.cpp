#include "ekya/window/supervisor.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// By a signal, and not one that asks to end.
bool was_killed(int code) { return code > 128 && code != 128 + SIGINT && code != 128 + SIGTERM; }

}  // namespace

SupervisorOptions tried_for_ever() {
    SupervisorOptions options;
    options.longest_wait = 30;
    options.after_errors = true;
    return options;
}

void Supervisor::keep(const std::string& name, const std::string& what, Request request) {
    executor_.start(request(0));
    programs_[name] = {what, std::move(request)};
    programs_[name].started = clock_.now();
}

bool Supervisor::ended(const JobEnd& end) {
    const auto found = programs_.find(end.name);
    if (found == programs_.end()) return false;
    Program& program = found->second;
    const int code = end.record.exit_code.value_or(1);
    const bool again = std::exchange(program.restarting, false) || was_killed(code) ||
                       (o_.after_errors && code != 0);
    program.silent = 0;
    if (clock_.now() - program.started >= o_.steady) program.in_a_row = 0;
    if (!again || program.stopping) {
        program.exit_code = code;
        return true;
    }
    const Seconds wait =
        std::min(o_.first_wait * std::pow(2, std::min(program.in_a_row, 30)), o_.longest_wait);
    ++program.in_a_row;
    program.start_at = clock_.now() + wait;
    // What is tried for ever is told at first, and then now and then.
    const bool power_of_two = (program.in_a_row & (program.in_a_row - 1)) == 0;
    if (power_of_two)
        say_(program.what + (was_killed(code) ? " was killed (exit " : " failed (exit ") +
             std::to_string(code) + ") and is started again" +
             (wait < 1 ? "" : " in " + std::to_string(std::lround(wait)) + " s"));
    return true;
}

void Supervisor::step() {
    for (auto& [name, program] : programs_) {
        if (!program.start_at || clock_.now() < *program.start_at) continue;
        program.start_at = clock_.now() + o_.longest_wait;  // if it cannot even be started
        try {
            executor_.start(program.request(program.restarts + 1));
        } catch (const Error& e) {
            // A full disk has no room for its log; the other programs are not to wait for it.
            if (std::exchange(program.problem, e.what()) != e.what())
                say_(program.what + " cannot be started and is tried again: " + e.what());
            continue;
        }
        ++program.restarts;
        program.problem.clear();
        program.start_at.reset();
        program.started = clock_.now();
    }
}

void Supervisor::note_answer(const std::string& name, bool answered) {
    Program& program = programs_.at(name);
    program.silent = answered ? 0 : program.silent + 1;
    if (program.silent < o_.most_silent || program.restarting || !runs(name) || waits(name)) return;
    program.restarting = true;
    say_(program.what + " does not answer requests and is started again");
    executor_.order(name, {JobOrder::State::stop, 0});
}

void Supervisor::stop(const std::string& name) {
    Program& program = programs_.at(name);
    program.stopping = true;
    if (program.exit_code) return;
    if (program.start_at) {
        program.start_at.reset();
        program.exit_code = 128 + SIGTERM;
        return;
    }
    executor_.order(name, {JobOrder::State::stop, 0});
}

bool Supervisor::runs(const std::string& name) const {
    const auto found = programs_.find(name);
    return found != programs_.end() && !found->second.exit_code;
}

bool Supervisor::waits(const std::string& name) const {
    const auto found = programs_.find(name);
    return found != programs_.end() && found->second.start_at.has_value();
}

int Supervisor::restarts(const std::string& name) const {
    const auto found = programs_.find(name);
    return found == programs_.end() ? 0 : found->second.restarts;
}

std::optional<int> Supervisor::exit_code(const std::string& name) const {
    const auto found = programs_.find(name);
    return found == programs_.end() ? std::nullopt : found->second.exit_code;
}

}  // namespace ekya
