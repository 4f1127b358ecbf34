#include "ekya/report/gnuplot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/report/escape.hpp"

namespace ekya::report {
namespace fs = std::filesystem;
namespace {

/// A directory of its own for script, picture and messages.
class Scratch {
public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "ekya-report.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw SystemError(name + ": cannot be made: " + std::strerror(errno));
        path_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

/// Those that change what gnuplot draws are left out.
std::vector<std::string> environment() {
    std::vector<std::string> variables{"LC_ALL=C.UTF-8"};
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!text.starts_with("GNU") && !text.starts_with("LC_") &&
            !text.starts_with("GDFONTPATH") && !text.starts_with("LANG") &&
            !text.starts_with("FIT_"))
            variables.emplace_back(text);
    }
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

/// @return its exit code, 128 + n if signal n ended it
int run(std::vector<std::string> command, const fs::path& messages) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, messages.c_str(), O_WRONLY | O_CREAT, 0600);
    auto variables = environment();
    pid_t pid = -1;
    const int error = posix_spawnp(&pid, command.front().c_str(), &actions, nullptr,
                                   pointers(command).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT)
        throw Error(
            "gnuplot is needed to draw pictures and is not installed (Debian: apt-get "
            "install gnuplot-nox); --csv alone works without it");
    if (error != 0)
        throw SystemError(std::string("gnuplot: cannot be run: ") + std::strerror(error));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string terminal(const Picture& picture, PictureFormat format) {
    const auto size = [&](int scale) {
        return std::to_string(picture.width * scale) + "," + std::to_string(picture.height * scale);
    };
    if (format == PictureFormat::svg)
        return "set terminal svg size " + size(1) +
               " noenhanced font 'DejaVu Sans,Arial,sans-serif,12' background '#ffffff'";
    return "set terminal pngcairo size " + size(2) +
           " noenhanced font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background "
           "'#ffffff'";
}

}  // namespace

std::string draw(const Picture& picture, PictureFormat format) {
    const Scratch scratch;
    const auto script = scratch / "script.gp", drawn = scratch / "picture",
               messages = scratch / "messages";
    std::ofstream(script, std::ios::binary)
        << "set encoding utf8\n"
        << terminal(picture, format) << "\nset output " << gnuplot_text(drawn.string()) << "\n"
        << picture.script << "unset output\n";
    const int code = run({"gnuplot", "-d", script.string()}, messages);
    std::error_code missing;
    if (code != 0 || fs::file_size(drawn, missing) == 0 || missing)
        throw Error("gnuplot: picture " + picture.name + " failed (exit code " +
                    std::to_string(code) + "): " + printable(read_file(messages), 1000));
    return read_file(drawn);
}

}  // namespace ekya::report
