#include "ekya/metrics/http_server.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {
namespace {

constexpr std::size_t threads = 4;
constexpr time_t patience = 5;  // seconds that a client has
constexpr std::size_t requests_of_connection = 1000;

}  // namespace

ListenAddress ListenAddress::parse(const std::string& text, bool insecure) {
    const auto colon = text.rfind(':');
    ListenAddress address;
    const char* const last = text.data() + text.size();
    const char* const first = colon == std::string::npos ? last : text.data() + colon + 1;
    const auto [end, error] = std::from_chars(first, last, address.port);
    if (colon == std::string::npos || colon == 0 || error != std::errc{} || end != last ||
        address.port < 0 || address.port > 65535)
        throw ConfigError("--listen: \"" + text + "\" is not of the form HOST:PORT");
    address.host = text.substr(0, colon);
    if (address.host.front() == '[' && address.host.back() == ']')
        address.host = address.host.substr(1, address.host.size() - 2);
    if (!insecure && !is_local_endpoint("tcp://" + text))
        throw ConfigError("--listen " + text +
                          ": other machines may reach this; it needs --insecure");
    return address;
}

struct HttpServer::Server {
    httplib::Server http;
    std::mutex mutex;
    int port = 0;
};

HttpServer::HttpServer(const ListenAddress& address) : server_(std::make_unique<Server>()) {
    auto& http = server_->http;
    http.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    http.set_read_timeout(patience);
    http.set_write_timeout(patience);
    http.set_keep_alive_timeout(patience);
    http.set_keep_alive_max_count(requests_of_connection);
    http.set_payload_max_length(0);
    // The library's default lets a second program listen on the same port.
    http.set_socket_options([](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                  std::exception_ptr) { response.status = 500; });
    server_->port = address.port;
    const bool bound = address.port == 0 ? (server_->port = http.bind_to_any_port(address.host)) > 0
                                         : http.bind_to_port(address.host, address.port);
    if (!bound)
        throw SystemError(address.host + ":" + std::to_string(address.port) +
                          ": cannot be listened on; another program may do so");
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return server_->port; }

void HttpServer::answer(const std::string& path, Handler handler) {
    server_->http.Get(path, [server = server_.get(), handler = std::move(handler)](
                                const httplib::Request&, httplib::Response& response) {
        const std::lock_guard lock(server->mutex);
        const HttpAnswer answer = handler();
        response.status = answer.code;
        response.set_content(answer.text, answer.type.c_str());
    });
}

void HttpServer::run(const std::function<bool()>& ended) {
    std::atomic<bool> over = false;
    std::thread watch([&] {
        while (!over && !ended()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        // Stopping what has not begun to listen has no effect.
        while (!over) {
            server_->http.stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    const bool well = server_->http.listen_after_bind();
    over = true;
    watch.join();
    if (!well && !ended())
        throw SystemError("listening has failed: " + std::string(std::strerror(errno)));
}

}  // namespace ekya
