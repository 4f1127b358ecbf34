#include "ekya/cli/context.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "advice.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/core/text.hpp"
#include "interrupt.hpp"

namespace ekya::cli {
namespace fs = std::filesystem;

struct Output::File {
    std::string target, aside;
    int descriptor = STDOUT_FILENO;
    bool committed = false;

    void write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = ::write(descriptor, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0)
                throw SystemError((target.empty() ? "stdout" : target) +
                                  ": cannot write: " + std::strerror(errno));
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }
};

Output::Output(const InputOutput& io) : file_(std::make_unique<File>()) {
    if (io.output == "-") return;
    if (fs::is_other(io.output)) {  // a pipe or a device keeps its name and is written to
        file_->descriptor = ::open(io.output.c_str(), O_WRONLY | O_CLOEXEC);
        if (file_->descriptor < 0)
            throw SystemError(io.output + ": cannot open: " + std::strerror(errno));
        file_->target = io.output;
        file_->committed = true;
        return;
    }
    if (fs::exists(io.output) && !io.overwrite)
        throw ConfigError(io.output + ": exists already; use --overwrite to replace it");
    file_->target = io.output;
    sweep_leftovers_of(io.output);
    file_->aside = part_of(io.output);
    file_->descriptor = open_new_file(file_->aside);
    if (file_->descriptor < 0)
        throw SystemError(file_->aside + ": cannot create: " + std::strerror(errno));
}

Output::Output(Output&&) noexcept = default;

Output::~Output() {
    if (!file_ || file_->target.empty()) return;
    ::close(file_->descriptor);
    std::error_code ignored;
    if (!file_->committed) fs::remove(file_->aside, ignored);
}

void Output::write(const Json& record) { file_->write(to_line(record) + "\n"); }

void Output::write_line(const std::string& line) {
    file_->write(printable(line, limits::line_bytes) + "\n");
}

void Output::write_bytes(std::string_view bytes) { file_->write(bytes); }

void Output::commit() {
    if (file_->target.empty() || file_->committed) return;
    if (::fsync(file_->descriptor) != 0 && errno != EINVAL)
        throw SystemError(file_->target + ": cannot sync: " + std::strerror(errno));
    std::error_code code;
    fs::rename(file_->aside, file_->target, code);
    if (code) throw SystemError(file_->target + ": cannot rename to it: " + code.message());
    file_->committed = true;
}

namespace {

/// Standard input. A signal that comes while it is waited for is not its end: what has been read so
/// far would pass for all of it.
class StandardInput : public std::streambuf {
protected:
    int_type underflow() override {
        ssize_t size = 0;
        do {
            pollfd item{STDIN_FILENO, POLLIN, 0};
            // A signal that comes just before the wait does not end it.
            while (::poll(&item, 1, look_every_ms) <= 0) Context::check_interrupted();
            size = ::read(STDIN_FILENO, bytes_.data(), bytes_.size());
        } while (size < 0 && errno == EINTR);
        if (size <= 0) return traits_type::eof();
        setg(bytes_.data(), bytes_.data(), bytes_.data() + size);
        return traits_type::to_int_type(bytes_.front());
    }

private:
    static constexpr int look_every_ms = 100;
    std::array<char, 65536> bytes_{};
};

class StandardInputStream : public std::istream {
public:
    StandardInputStream() : std::istream(nullptr) {
        rdbuf(&buffer_);
        exceptions(std::ios::badbit);  // or it would keep what its buffer throws to itself
    }

private:
    StandardInput buffer_;
};

}  // namespace

std::istream& Context::input(const InputOutput& io) {
    if (io.input == "-") {
        file_ = std::make_unique<StandardInputStream>();
        return *file_;
    }
    file_ = std::make_unique<std::ifstream>(io.input, std::ios::binary);
    if (!*file_) throw InputError(io.input + ": cannot open: " + std::strerror(errno));
    return *file_;
}

void Context::info(const std::string& message) const {
    spdlog::info("{}", printable(without_secrets(message)));
}
void Context::warn(const std::string& message) const {
    spdlog::warn("{}", printable(without_secrets(message)));
}
void Context::debug(const std::string& message) const {
    spdlog::debug("{}", printable(without_secrets(message)));
}

void Context::say(const std::string& line) const {
    if (!spdlog::should_log(spdlog::level::info)) return;
    std::cerr << printable(without_secrets(line)) << '\n';
}

void Context::stream_failed(const std::string& stream, const std::string& why) {
    ++failures_;
    try {
        spdlog::error("stream {}: {}", printable(stream),
                      printable(without_secrets(with_advice(why))));
        failed_.push_back(stream);
    } catch (const std::bad_alloc&) {
        static constexpr std::string_view text =
            "error: a stream failed: there is no more memory\n";
        (void)!write(STDERR_FILENO, text.data(), text.size());
    }
}

void Context::finish(std::size_t streams) const {
    if (failures_ == 0) return;
    if (failures_ >= streams)
        throw Error(streams == 1 ? "the stream failed" : "all streams failed");
    throw PartialFailure(failed_);
}

bool Context::interrupted() { return last_signal() != 0; }

int Context::signal() { return last_signal(); }

void Context::accept_finish_requests() { remember_finish_requests(); }

void Context::accept_reload_requests() { remember_reload_requests(); }

bool Context::take_reload_request() { return cli::take_reload_request(); }

bool Context::finish_requested() { return finish_was_requested(); }

void Context::check_interrupted() {
    if (const int signal = last_signal()) throw Interrupted(signal);
}

}  // namespace ekya::cli
