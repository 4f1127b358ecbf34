#include "ekya/preview/preview_server.hpp"

#include <arpa/inet.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"
#include "ekya/preview/camera_view.hpp"
#include "ekya/video/annotated_picture.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_picture{3000};
constexpr milliseconds look_every{500};  // whether a viewer may go on
constexpr int spare_threads = 8;         // for pages and single pictures
constexpr std::size_t waiting_connections = 64;
constexpr std::size_t most_cameras = 1000;

const char* const style = R"(body{margin:1rem;background:#111;color:#eee;font-family:sans-serif}
a{color:inherit}h1{font-size:1.1rem}main{display:grid;gap:1rem;
grid-template-columns:repeat(auto-fill,minmax(20rem,1fr))}figure{margin:0}
img{width:100%;height:auto;background:#333}main.one{display:block;max-width:80rem}
)";

/// A picture is asked for again when the one before has come, so a slow line gets fewer.
const char* const script = R"(for (const image of document.querySelectorAll('img[data-again]')) {
  let count = 0;
  const again = () => setTimeout(() => {
    if (document.hidden) return again();
    image.src = image.dataset.again + '?' + ++count;
  }, 1000);
  image.addEventListener('load', again);
  image.addEventListener('error', again);
  if (image.complete) again();
}
)";

/// Runs connections on a fixed number of threads; the one that accepts waits while too many wait.
class Connections : public httplib::TaskQueue {
public:
    explicit Connections(int threads) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }
    void enqueue(std::function<void()> connection) override {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return over_ || waiting_.size() < waiting_connections; });
        waiting_.push_back(std::move(connection));
        news_.notify_one();
    }
    void shutdown() override {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        news_.notify_all();
        room_.notify_all();
        threads_.clear();
    }

private:
    void work() {
        while (true) {
            std::unique_lock lock(mutex_);
            news_.wait(lock, [this] { return over_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            const auto connection = std::move(waiting_.front());
            waiting_.pop_front();
            room_.notify_one();
            lock.unlock();
            connection();
        }
    }
    std::mutex mutex_;
    std::condition_variable news_, room_;
    std::deque<std::function<void()>> waiting_;
    bool over_ = false;
    std::vector<std::jthread> threads_;
};

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

/// "host:port" or "[host]:port"; the port may be missing.
std::pair<std::string, std::string> host_and_port(std::string_view text) {
    std::size_t end = text.rfind(':');
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos) return {};
        const auto rest = text.substr(bracket + 1);
        if (!rest.empty() && !rest.starts_with(':')) return {};
        return {std::string(text.substr(1, bracket - 1)),
                std::string(rest.empty() ? rest : rest.substr(1))};
    }
    if (end == std::string_view::npos) return {std::string(text), ""};
    return {std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

}  // namespace

ListenAddress listen_address(const std::string& option, const std::string& text, bool insecure) {
    const auto [host, port] = host_and_port(text);
    ListenAddress address{host, -1};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    const bool whole = error == std::errc() && end == port.data() + port.size();
    if (host.empty() || !whole || address.port < 0 || address.port > 65535)
        throw ConfigError(option + ": \"" + printable(text, limits::quoted_bytes) +
                          "\" is no HOST:PORT");
    if (!insecure && !is_local_endpoint("tcp://" + text))
        throw ConfigError(option + ": " + printable(text, limits::quoted_bytes) +
                          ": other machines may reach this, and anybody there may watch; it needs "
                          "--insecure");
    return address;
}

bool is_known_host(std::string_view header, const std::vector<std::string>& names) {
    const auto host = host_and_port(header).first;
    return is_address(host) || host == "localhost" ||
           std::find(names.begin(), names.end(), host) != names.end();
}

class PreviewServer::Pages {
public:
    explicit Pages(Options options) : o_(std::move(options)), files_(o_.store) {
        server_.new_task_queue = [this] { return new Connections(o_.viewers + spare_threads); };
        server_.set_payload_max_length(1024);
        // Not as the library's own: with SO_REUSEPORT a second server would take half of the calls.
        server_.set_socket_options([](socket_t socket) {
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        server_.set_read_timeout(5);
        server_.set_write_timeout(5);
        server_.set_keep_alive_timeout(2);
        server_.set_keep_alive_max_count(100);
        server_.set_pre_routing_handler(
            [this](const httplib::Request& request, httplib::Response& response) {
                return let_in(request, response);
            });
        add_pages();
        port_ = o_.address.port;
        const bool bound = port_ == 0 ? (port_ = server_.bind_to_any_port(o_.address.host)) > 0
                                      : server_.bind_to_port(o_.address.host, port_);
        if (!bound)
            throw SystemError(o_.address.host + ":" + std::to_string(o_.address.port) +
                              ": cannot listen there; another program may");
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::sleep_for(milliseconds(1));  // to be ended
    }
    ~Pages() {
        ending_ = true;
        server_.stop();
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    [[nodiscard]] int port() const { return port_; }
    void look_after() {
        const std::lock_guard lock(mutex_);
        for (auto& entry : views_) entry.second->rest_if_unseen();
        std::erase_if(views_, [](const auto& entry) {
            return entry.second.use_count() == 1 && !entry.second->works();
        });
    }

private:
    using Outcome = httplib::Server::HandlerResponse;

    Outcome let_in(const httplib::Request& request, httplib::Response& response) const {
        for (const auto& [name, value] :
             {std::pair("Content-Security-Policy",
                        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
                        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
              {"X-Content-Type-Options", "nosniff"},
              {"Cross-Origin-Resource-Policy", "same-origin"},
              {"Referrer-Policy", "no-referrer"},
              {"Cache-Control", "no-store"}})
            response.set_header(name, value);
        const auto site = request.get_header_value("Sec-Fetch-Site");
        const bool foreign = (site == "cross-site" || site == "same-site") &&
                             request.get_header_value("Sec-Fetch-Mode") != "navigate";
        if (is_known_host(request.get_header_value("Host"), o_.names) && !foreign)
            return Outcome::Unhandled;
        response.status = 403;
        response.set_content("This name is not one of this server's (--name).\n", "text/plain");
        return Outcome::Handled;
    }

    void add_pages() {
        using Request = httplib::Request;
        using Response = httplib::Response;
        server_.Get("/", [this](const Request&, Response& response) {
            response.set_content(all_cameras(), "text/html; charset=utf-8");
        });
        server_.Get("/style.css", [](const Request&, Response& response) {
            response.set_content(style, "text/css");
        });
        server_.Get("/script.js", [](const Request&, Response& response) {
            response.set_content(script, "text/javascript");
        });
        server_.Get(R"(/camera/([A-Za-z0-9._-]{1,140}))",
                    [this](const Request& request, Response& response) {
                        camera(request.matches[1], response);
                    });
    }

    /// An id may end in ".jpg" itself: what is a camera's id as a whole comes first.
    void camera(const std::string& name, httplib::Response& response) {
        const auto cameras = files_.streams("frames");
        const auto is_camera = [&](const std::string& id) {
            return std::binary_search(cameras.begin(), cameras.end(), id);
        };
        const auto dot = name.rfind('.');
        const std::string id = dot == std::string::npos ? name : name.substr(0, dot);
        const std::string kind = dot == std::string::npos ? "" : name.substr(dot);
        if (is_camera(name))
            return response.set_content(one_camera(name), "text/html; charset=utf-8");
        if (is_camera(id) && kind == ".jpg") return picture(id, response);
        if (is_camera(id) && kind == ".mjpg") return pictures(id, response);
        response.status = 404;
        response.set_content("There is no such camera.\n", "text/plain");
    }

    std::shared_ptr<CameraView> view(const std::string& id) {
        const std::lock_guard lock(mutex_);
        auto& view = views_[id];
        if (!view) view = std::make_shared<CameraView>(files_, id, o_.max_rate);
        return view;
    }

    void picture(const std::string& id, httplib::Response& response) {
        if (const auto picture = view(id)->newer(0, first_picture))
            return response.set_content(picture->jpeg, "image/jpeg");
        response.status = 503;
        response.set_content(text_jpeg(id + ": no picture"), "image/jpeg");
    }

    /// A viewer that does not read keeps its own thread alone, and is left after the time limit of
    /// writing.
    void pictures(const std::string& id, httplib::Response& response) {
        if (++viewers_ > o_.viewers) {
            --viewers_;
            response.status = 503;
            response.set_header("Retry-After", "10");
            return response.set_content("Too many viewers (--viewers).\n", "text/plain");
        }
        auto last = std::make_shared<std::uint64_t>(0);
        response.set_content_provider(
            "multipart/x-mixed-replace; boundary=picture",
            [this, id, last, view = view(id)](std::size_t, httplib::DataSink& sink) {
                const auto next = await(*view, *last, sink);
                if (!next && (ending_ || *last > 0)) return false;
                const std::string jpeg = next ? next->jpeg : text_jpeg(id + ": no picture yet");
                if (next) *last = next->number;
                const std::string head =
                    "--picture\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                    std::to_string(jpeg.size()) + "\r\n\r\n";
                return sink.write(head.data(), head.size()) &&
                       sink.write(jpeg.data(), jpeg.size()) && sink.write("\r\n", 2);
            },
            [this](bool) { --viewers_; });
    }

    /// Before the first picture: for some seconds. Later: until the viewer has gone.
    std::shared_ptr<const CameraView::Picture> await(CameraView& view, std::uint64_t last,
                                                     const httplib::DataSink& sink) const {
        for (auto waited = milliseconds(0); !ending_ && (last > 0 || waited < first_picture);
             waited += look_every) {
            if (auto picture = view.newer(last, look_every)) return picture;
            if (sink.is_writable && !sink.is_writable()) break;
        }
        return nullptr;
    }

    static std::string page(const std::string& title, const std::string& content) {
        return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
               "name=\"viewport\" content=\"width=device-width\"><title>" +
               title +
               "</title><link rel=\"stylesheet\" href=\"/style.css\"><script defer "
               "src=\"/script.js\"></script></head><body><h1>" +
               title + "</h1>" + content + "</body></html>\n";
    }
    /// Ids of streams have no character that HTML would read.
    [[nodiscard]] std::string all_cameras() const {
        auto cameras = files_.streams("frames");
        if (cameras.size() > most_cameras) cameras.resize(most_cameras);
        std::string content =
            "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript><main>";
        for (const auto& id : cameras)
            content += "<figure><a href=\"/camera/" + id + "\"><img src=\"/camera/" + id +
                       ".jpg\" data-again=\"/camera/" + id + ".jpg\" alt=\"" + id +
                       "\"></a><figcaption>" + id + "</figcaption></figure>";
        if (cameras.empty()) content += "<p>No camera is served just now.</p>";
        return page("ekya: " + std::to_string(cameras.size()) + " cameras", content + "</main>");
    }
    [[nodiscard]] static std::string one_camera(const std::string& id) {
        return page("ekya: " + id, "<main class=\"one\"><img src=\"/camera/" + id +
                                       ".mjpg\" alt=\"" + id +
                                       "\"></main><p><a href=\"/\">All cameras</a></p>");
    }

    Options o_;
    LiveFiles files_;
    httplib::Server server_;
    int port_ = 0;
    std::atomic<int> viewers_{0};
    std::atomic<bool> ending_{false};
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<CameraView>> views_;
    std::jthread thread_;
};

PreviewServer::PreviewServer(Options options)
    : pages_(std::make_unique<Pages>(std::move(options))) {}

PreviewServer::~PreviewServer() = default;

int PreviewServer::port() const { return pages_->port(); }

void PreviewServer::look_after() { pages_->look_after(); }

}  // namespace ekya
