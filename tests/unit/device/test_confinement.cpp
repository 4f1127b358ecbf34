#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "ekya/device/confinement.hpp"
#include "support/scratch.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

enum Outcome { succeeded = 10, denied = 11, otherwise = 12, open_here = 13 };

int outcome(bool success) {
    if (success) return succeeded;
    return errno == EACCES || errno == EPERM || errno == ENOMEM ? denied : otherwise;
}

int opens(const fs::path& file, int flags) {
    return outcome(::open(file.c_str(), flags | O_CLOEXEC, 0600) >= 0);
}

struct Fixture {
    test::Scratch scratch;
    fs::path inside = scratch / "inside", outside = scratch / "outside";
    Fixture() {
        for (const auto& directory : {inside, outside}) {
            fs::create_directories(directory);
            std::ofstream(directory / "file") << "content";
        }
    }

    /// What becomes of a deed in a process that has been confined.
    [[nodiscard]] int after(const std::function<int()>& deed) const {
        const pid_t child = ::fork();
        if (child == 0) {
            ConfinementOptions options;
            options.memory = std::size_t{64} << 20;
            options.writable = {inside};
            for (const auto& text : confine(options))
                if (text.find("memory") == std::string::npos) ::_exit(open_here);
            ::_exit(deed());
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
};

}  // namespace

TEST_CASE("confine: what labelling needs still works") {
    const Fixture f;
    const std::vector<std::function<int()>> deeds{
        [&] { return opens(f.inside / "file", O_RDONLY); },
        [&] { return opens(f.inside / "new", O_WRONLY | O_CREAT); },
        [&] {
            return outcome(::rename((f.inside / "file").c_str(), (f.inside / "else").c_str()) == 0);
        },
        [] { return opens("/dev/null", O_WRONLY); },
        [] { return opens("/proc/self/status", O_RDONLY); },
        [] {
            const pid_t child = ::fork();
            if (child == 0) ::_exit(0);
            return outcome(::waitpid(child, nullptr, 0) == child);
        },
    };
    for (std::size_t i = 0; i < deeds.size(); ++i) {
        CAPTURE(i);
        const int found = f.after(deeds[i]);
        if (found == open_here) {
            MESSAGE("skipped: this system has no Landlock or no seccomp");
            return;
        }
        CHECK(found == succeeded);
    }
}

TEST_CASE("confine: what a hostile script might do is denied") {
    const Fixture f;
    struct Deed {
        const char* name;
        std::function<int()> act;
    };
    const std::vector<Deed> deeds{
        {"an IPv4 socket", [] { return outcome(::socket(AF_INET, SOCK_STREAM, 0) >= 0); }},
        {"an IPv6 socket", [] { return outcome(::socket(AF_INET6, SOCK_DGRAM, 0) >= 0); }},
        {"a local socket", [] { return outcome(::socket(AF_UNIX, SOCK_STREAM, 0) >= 0); }},
        {"a netlink socket", [] { return outcome(::socket(AF_NETLINK, SOCK_RAW, 0) >= 0); }},
        {"io_uring", [] { return outcome(::syscall(SYS_io_uring_setup, 1, nullptr) >= 0); }},
        {"another program",
         [] {
             char name[] = "/bin/true";
             char* const words[] = {name, nullptr};
             return outcome(::execv(name, words) == 0);
         }},
        {"debugging", [] { return outcome(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0); }},
        {"a namespace", [] { return outcome(::syscall(SYS_unshare, 0x10000000) == 0); }},
        {"reading a file elsewhere", [&] { return opens(f.outside / "file", O_RDONLY); }},
        {"writing a file elsewhere", [&] { return opens(f.outside / "file", O_WRONLY); }},
        {"a new file elsewhere", [&] { return opens(f.outside / "new", O_WRONLY | O_CREAT); }},
        {"deleting a file elsewhere",
         [&] { return outcome(::unlink((f.outside / "file").c_str()) == 0); }},
        {"a directory elsewhere",
         [&] { return outcome(::mkdir((f.outside / "new").c_str(), 0700) == 0); }},
        {"a symbolic link elsewhere",
         [&] { return outcome(::symlink("x", (f.outside / "new").c_str()) == 0); }},
        {"reading by a link that leads elsewhere",
         [&] {
             if (::symlink((f.outside / "file").c_str(), (f.inside / "link").c_str()) != 0)
                 return static_cast<int>(otherwise);
             return opens(f.inside / "link", O_RDONLY);
         }},
        {"128 MB",
         [] {
             return outcome(::mmap(nullptr, std::size_t{128} << 20, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
         }},
    };
    for (const auto& deed : deeds) {
        CAPTURE(deed.name);
        const int found = f.after(deed.act);
        if (found == open_here) {
            MESSAGE("skipped: this system has no Landlock or no seccomp");
            return;
        }
        CHECK(found == denied);
    }
    CHECK(fs::exists(f.outside / "file"));
    CHECK_FALSE(fs::exists(f.outside / "new"));
}
