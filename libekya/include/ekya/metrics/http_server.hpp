#pragma once
#include <functional>
#include <memory>
#include <string>

namespace ekya {

struct HttpAnswer {
    int code = 200;
    std::string type, text;
};

/// Where a program listens.
struct ListenAddress {
    std::string host;
    int port = 0;
    /// "127.0.0.1:9464", "[::1]:9464", "localhost:9464"; port 0 = any that is free.
    /// @throws ConfigError for another text, and for an address that other machines can reach,
    /// unless `insecure`
    static ListenAddress parse(const std::string& text, bool insecure);
};

/// Answers GET requests of a few paths, one at a time each. What a client sends besides is bounded:
/// it has seconds to do so, and no body is taken.
class HttpServer {
public:
    using Handler = std::function<HttpAnswer()>;

    /// @throws SystemError if the address cannot be listened on
    explicit HttpServer(const ListenAddress& address);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// To be called before run(). What a handler throws is answered with 500.
    void answer(const std::string& path, Handler handler);
    [[nodiscard]] int port() const;
    /// Until `ended`, which is asked several times a second, says so.
    void run(const std::function<bool()>& ended);

private:
    struct Server;
    std::unique_ptr<Server> server_;
};

}  // namespace ekya
