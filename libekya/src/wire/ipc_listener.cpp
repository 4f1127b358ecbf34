#include "ipc_listener.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr int backlog = 64;  // connections that wait to be taken

FileDescriptor stream_socket() {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.number() < 0)
        throw SystemError(std::string("cannot make a socket: ") + std::strerror(errno));
    return socket;
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

/// Where this process finds what a descriptor stands for.
std::string own_file(const FileDescriptor& descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor.number());
}

int connect_at(int socket, const std::string& path) {
    const auto address = address_of(path);
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// Removes the socket of a program that is gone.
void clear_way(const std::string& endpoint, const std::string& path) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0) return;
    if (!S_ISSOCK(found.st_mode))
        throw ConfigError(endpoint + ": cannot bind: a file that is no socket is there");
    // A full queue of connections (EAGAIN) belongs to a program, too.
    if (connect_at(stream_socket().number(), path) == 0 || errno == EAGAIN)
        throw ConfigError(endpoint + ": cannot bind: another program listens there");
    if (errno != ECONNREFUSED || unlink(path.c_str()) != 0)
        throw ConfigError(
            endpoint +
            ": cannot bind: the socket that is there cannot be replaced: " + std::strerror(errno));
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
}

std::string ipc_path(const std::string& endpoint) {
    const std::string path = endpoint.substr(std::string_view("ipc://").size());
    if (path.starts_with('@'))
        throw ConfigError(endpoint +
                          ": abstract sockets are open to every user of this machine; name a file, "
                          "as in ipc:///run/user/1000/ekya.control");
    if (path.empty() || path == "*") throw ConfigError(endpoint + ": names no file");
    if (path.size() > limits::socket_path_bytes)
        throw ConfigError(endpoint + ": the path has " + std::to_string(path.size()) +
                          " bytes, sockets may have " + std::to_string(limits::socket_path_bytes) +
                          "; use a shorter directory");
    return path;
}

IpcListener::IpcListener(const std::string& endpoint)
    : path_(ipc_path(endpoint)), socket_(stream_socket()) {
    const auto fail = [&] {
        throw ConfigError(endpoint + ": cannot bind: " + std::strerror(errno));
    };
    // One program at a time looks whether there is another one; a lock that somebody else holds on
    // the directory delays it, no more.
    const fs::path directory =
        fs::path(path_).has_parent_path() ? fs::path(path_).parent_path() : fs::path(".");
    const FileDescriptor lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.number() < 0) fail();
    for (int tries = 0; tries < 40 && flock(lock.number(), LOCK_EX | LOCK_NB) != 0; ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(25));
    clear_way(endpoint, path_);
    const auto address = address_of(path_);
    if (::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail();
    // Nobody can connect before the socket listens.
    struct stat made {};
    if (chmod(path_.c_str(), 0600) != 0 || lstat(path_.c_str(), &made) != 0 ||
        listen(socket_.number(), backlog) != 0)
        fail();
    file_ = made.st_ino;
}

IpcListener::~IpcListener() {
    struct stat found {};
    if (lstat(path_.c_str(), &found) == 0 && found.st_ino == file_) unlink(path_.c_str());
}

std::optional<FileDescriptor> listen_on_loopback(std::string_view endpoint) {
    if (!endpoint.starts_with("tcp://") || !is_local_endpoint(endpoint) ||
        endpoint.find(';') != std::string_view::npos)
        return std::nullopt;
    const std::string address(endpoint.substr(6));
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon), port = address.substr(colon + 1);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port == "*" ? "0" : port.c_str(), &hints, &found) != 0)
        throw ConfigError(std::string(endpoint) + ": cannot bind: no such address");
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    FileDescriptor socket(
        ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    if (socket.number() < 0 ||
        setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(socket.number(), found->ai_addr, found->ai_addrlen) != 0 ||
        listen(socket.number(), backlog) != 0)
        throw ConfigError(std::string(endpoint) + ": cannot bind: " + std::strerror(errno));
    return socket;
}

HiddenListener::HiddenListener() : socket(stream_socket()) {
    std::error_code none;
    const auto temporary = fs::temp_directory_path(none);
    std::string directory = ((none ? fs::path("/tmp") : temporary) / "ekya-XXXXXX").string();
    const auto fail = [&] {
        throw SystemError(directory + ": cannot make a socket: " + std::strerror(errno));
    };
    if (mkdtemp(directory.data()) == nullptr) fail();
    // However long the directory's path is, this one is short.
    const FileDescriptor here(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const std::string path = own_file(here) + "/s";
    const auto address = address_of(path);
    const bool bound =
        here.number() >= 0 &&
        ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        listen(socket.number(), backlog) == 0;
    if (bound) file_ = FileDescriptor(::open(path.c_str(), O_PATH | O_CLOEXEC));
    const int error = errno;
    unlink(path.c_str());
    rmdir(directory.c_str());
    errno = error;
    if (file_.number() < 0) fail();
}

FileDescriptor HiddenListener::connect() const {
    FileDescriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connection.number() < 0 || connect_at(connection.number(), own_file(file_)) != 0)
        return FileDescriptor();
    return connection;
}

}  // namespace ekya
