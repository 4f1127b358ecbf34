#include "ekya/device/confinement.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <set>

#include "ekya/core/memory_limit.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t native = 0;
#endif

std::string reason() { return std::strerror(errno); }

// --- system calls --------------------------------------------------------------------------------

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW, deny = SECCOMP_RET_ERRNO | EACCES;

std::vector<std::uint32_t> denied_calls(bool gpu) {
    std::vector<std::uint32_t> calls{
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_pidfd_getfd,
        SYS_mount,
        SYS_umount2,
        SYS_unshare,
        SYS_setns,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_init_module,
        SYS_finit_module,
        SYS_kexec_load,
        SYS_open_by_handle_at,
        SYS_keyctl,
        SYS_add_key,
        SYS_request_key,
        SYS_userfaultfd,
        SYS_io_uring_setup,  // does what other calls do, unseen
    };
    if (!gpu) calls.insert(calls.end(), {SYS_execve, SYS_execveat});
    return calls;
}

sock_filter statement(std::uint16_t code, std::uint32_t value) { return {code, 0, 0, value}; }

/// If the value loaded is `value`, one instruction follows, else it is passed over.
sock_filter if_equal(std::uint32_t value) { return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value}; }

std::vector<sock_filter> filter(bool gpu) {
    constexpr std::uint16_t load = BPF_LD | BPF_W | BPF_ABS, give = BPF_RET | BPF_K;
    std::vector<sock_filter> program{
        statement(load, offsetof(seccomp_data, arch)),
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, native},
        statement(give, deny),
        statement(load, offsetof(seccomp_data, nr)),
    };
#if defined(__x86_64__)
    // Calls of the x32 interface have other numbers for the same things.
    program.push_back({BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000});
    program.push_back(statement(give, deny));
#endif
    for (const auto call : denied_calls(gpu)) {
        program.push_back(if_equal(call));
        program.push_back(statement(give, deny));
    }
    // socket(): behind this test nothing else is looked at, as its argument replaces the number.
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_socket});
    program.push_back(statement(give, allow));
    program.push_back(statement(load, offsetof(seccomp_data, args)));
    if (gpu) {
        program.push_back(if_equal(AF_UNIX));
        program.push_back(statement(give, allow));
    }
    program.push_back(statement(give, deny));
    return program;
}

std::string deny_calls(bool gpu) {
    if (native == 0) return "network and other programs stay open to it: unknown processor";
    auto instructions = filter(gpu);
    const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0)
        return "";
    return "network and other programs stay open to it: seccomp: " + reason();
}

// --- files ---------------------------------------------------------------------------------------

constexpr std::uint64_t reads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t truncate_files = 1ULL << 14;  // since version 3 of the interface
constexpr std::uint64_t on_files =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_files;

/// Directories of the libraries that are loaded: those that they load themselves lie beside them.
std::set<fs::path> library_directories() {
    std::set<fs::path> directories;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (const auto path = line.find('/'); path != std::string::npos)
            if (const fs::path file = line.substr(path);
                file.string().find(".so") != std::string::npos)
                directories.insert(file.parent_path());
    return directories;
}

class Ruleset {
public:
    Ruleset(int version) : handled_(reads | writes | (version >= 3 ? truncate_files : 0)) {
        landlock_ruleset_attr attributes{};
        attributes.handled_access_fs = handled_;
        descriptor_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes,
                                                 sizeof attributes.handled_access_fs, 0));
    }
    ~Ruleset() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Ruleset(const Ruleset&) = delete;
    Ruleset& operator=(const Ruleset&) = delete;

    /// What does not exist needs no rule.
    void permit(const fs::path& path, std::uint64_t access) const {
        const int parent = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (parent < 0) return;
        std::error_code code;
        landlock_path_beneath_attr rule{};
        rule.allowed_access = access & handled_ & (fs::is_directory(path, code) ? ~0ULL : on_files);
        rule.parent_fd = parent;
        ::syscall(SYS_landlock_add_rule, descriptor_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        ::close(parent);
    }

    [[nodiscard]] bool restrict_self() const {
        return descriptor_ >= 0 && ::syscall(SYS_landlock_restrict_self, descriptor_, 0) == 0;
    }

private:
    std::uint64_t handled_;
    int descriptor_ = -1;
};

std::string deny_files(const ConfinementOptions& options) {
    const auto version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return "files stay open to it: Landlock: " + reason();
    const Ruleset rules(static_cast<int>(version));
    for (const char* system : {"/usr", "/etc", "/proc", "/sys"}) rules.permit(system, reads);
    rules.permit("/dev", reads | LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (const auto& directory : library_directories()) rules.permit(directory, reads);
    for (const auto& path : options.readable) rules.permit(path, reads);
    for (const auto& path : options.writable) rules.permit(path, reads | writes | truncate_files);
    return rules.restrict_self() ? "" : "files stay open to it: Landlock: " + reason();
}

}  // namespace

std::vector<std::string> confine(const ConfinementOptions& options) {
    std::vector<std::string> open;
    const auto add = [&](const std::string& text) {
        if (!text.empty()) open.push_back(text);
    };
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) add("it may gain privileges: " + reason());
    if (!limit_memory_growth(options.memory)) add("its memory has no limit: " + reason());
    add(deny_files(options));
    add(deny_calls(options.gpu));
    return open;
}

}  // namespace ekya
