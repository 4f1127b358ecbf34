#include "ekya/window/supervisor.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <utility>

namespace ekya {
namespace {

/// By a signal, and not one that asks to end.
bool was_killed(int code) { return code > 128 && code != 128 + SIGINT && code != 128 + SIGTERM; }

}  // namespace

void Supervisor::keep(const std::string& name, const std::string& what, Request request) {
    executor_.start(request(0));
    programs_[name] = {what, std::move(request)};
}

bool Supervisor::ended(const JobEnd& end) {
    const auto found = programs_.find(end.name);
    if (found == programs_.end()) return false;
    Program& program = found->second;
    const int code = end.record.exit_code.value_or(1);
    if (!was_killed(code) || program.stopping || program.restarts >= o_.most_restarts) {
        program.exit_code = code;
        return true;
    }
    say_(program.what + " was killed (exit " + std::to_string(code) + ") and is started again");
    program.start_at =
        clock_.now() + std::min(o_.first_wait * std::pow(2, program.restarts), o_.longest_wait);
    return true;
}

void Supervisor::step() {
    for (auto& [name, program] : programs_) {
        if (!program.start_at || clock_.now() < *program.start_at) continue;
        program.start_at.reset();
        executor_.start(program.request(++program.restarts));
    }
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

std::optional<int> Supervisor::exit_code(const std::string& name) const {
    const auto found = programs_.find(name);
    return found == programs_.end() ? std::nullopt : found->second.exit_code;
}

}  // namespace ekya
