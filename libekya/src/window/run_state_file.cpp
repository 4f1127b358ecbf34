#include "ekya/window/run_state_file.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include "ekya/core/text.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/wire/state_file.hpp"
#include "ekya/wire/state_records.hpp"

namespace ekya {
namespace {

constexpr Seconds write_every = 2;

}  // namespace

RunStateFile::RunStateFile(const std::filesystem::path& store, std::string program,
                           const Clock& clock)
    : file_(LiveFiles(store).run_state()), program_(std::move(program)), clock_(clock) {}

void RunStateFile::note(RunState state) {
    const bool same = state.cameras == written_.cameras && state.window == written_.window &&
                      state.recording == written_.recording;
    if (same && !is_due()) return;
    next_ = clock_.now() + write_every;
    state.program = program_;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    state.host = printable(host.data());
    state.process = getpid();
    state.updated = unix_time();
    (void)write_state(file_, encode(state));
    written_ = std::move(state);
}

RunCamera::Program program_state(const Supervisor& supervisor, const std::string& name,
                                 bool was_started) {
    using Program = RunCamera::Program;
    if (!supervisor.runs(name)) return was_started ? Program::ended : Program::none;
    return supervisor.waits(name) ? Program::waits : Program::runs;
}

}  // namespace ekya
