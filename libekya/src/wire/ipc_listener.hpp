#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ekya {

/// A file descriptor that is closed with it; -1 = none.
class FileDescriptor {
public:
    explicit FileDescriptor(int number = -1) : number_(number) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

/// The path of an ipc:// endpoint. @throws ConfigError for an abstract one ("ipc://@..."), which
/// every user of the machine could open or take, for none, and for one too long for the kernel
[[nodiscard]] std::string ipc_path(const std::string& endpoint);

/// A socket file that only its owner may connect to. Where the program that made an earlier one is
/// gone it is replaced. Removed with it.
class IpcListener {
public:
    /// @throws ConfigError as ipc_path(), if a program listens there already, if a file that is no
    /// socket is there, or the file cannot be made
    explicit IpcListener(const std::string& endpoint);
    ~IpcListener();
    IpcListener(const IpcListener&) = delete;
    IpcListener& operator=(const IpcListener&) = delete;

    [[nodiscard]] int number() const { return socket_.number(); }

private:
    std::string path_;
    FileDescriptor socket_;
    unsigned long file_ = 0;  // its inode
};

/// A socket that listens on the loopback address and port of a tcp:// endpoint; nothing for any
/// other endpoint. @throws ConfigError if it cannot, such as for a port in use
[[nodiscard]] std::optional<FileDescriptor> listen_on_loopback(std::string_view endpoint);

/// A socket that listens and can be reached through this object alone: it has no name.
struct HiddenListener {
    /// @throws SystemError
    HiddenListener();
    /// A connection to it; none (-1) if that fails.
    [[nodiscard]] FileDescriptor connect() const;

    FileDescriptor socket;

private:
    FileDescriptor file_;
};

}  // namespace ekya
