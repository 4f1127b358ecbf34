#include "ekya/preview/preview_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/preview/camera_view.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

/// A camera "gate" that publishes frames and answers while it lives.
struct LiveCamera {
    Scratch scratch;
    fs::path store = scratch / "store", sockets = scratch / "sockets";
    std::unique_ptr<FramePublisher> frames;
    std::unique_ptr<EventPublisher> answers;
    std::jthread thread;

    LiveCamera() {
        fs::create_directories(store / "run");
        fs::create_directories(sockets);
        fs::create_directory_symlink(sockets, store / "run/sockets");
        frames = std::make_unique<FramePublisher>("ipc://" + (sockets / "gate.frames").string(), 8);
        answers = std::make_unique<EventPublisher>("ipc://" + (sockets / "gate.answers").string());
        thread = std::jthread([this](const std::stop_token& stop) {
            for (std::int64_t frame = 0; !stop.stop_requested(); ++frame) {
                const FrameImage image{64, 48, std::vector<std::uint8_t>(64 * 48 * 3, 90)};
                frames->publish({"gate", 0, frame, 0.1, 64, 48, {}}, image);
                FrameAnswer answer;
                answer.stream = "gate";
                answer.frame = frame;
                answer.analysed = true;
                answer.model = "base";
                answer.objects = {{{10, 10, 40, 30}, "car", 0.9}};
                if (answers->wanted()) {
                    watched = true;
                    answers->publish(to_line(encode(answer)));
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        });
    }
    std::atomic<bool> watched{false};
    PreviewServer::Options options() const {
        PreviewServer::Options o;
        o.store = store;
        o.address.port = 0;
        o.viewers = 1;
        o.max_rate = 50;
        return o;
    }
};

/// What comes on a connection until it ends or there is so much of it.
std::string ask(int port, const std::string& request, std::size_t most = 1 << 20) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{10, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
    std::string all;
    char bytes[4096];
    for (ssize_t size; all.size() < most && (size = recv(socket, bytes, sizeof bytes, 0)) > 0;)
        all.append(bytes, static_cast<std::size_t>(size));
    close(socket);
    return all;
}

std::string get(int port, const std::string& path,
                const std::string& headers = "Host: localhost\r\n", std::size_t most = 1 << 20) {
    return ask(port, "GET " + path + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n", most);
}

std::string status_of(const std::string& response) { return response.substr(9, 3); }
std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("listen_address: loopback, or said to be insecure") {
    CHECK(listen_address("--listen", "127.0.0.1:8090", false).port == 8090);
    CHECK(listen_address("--listen", "[::1]:1", false).host == "::1");
    CHECK(listen_address("--listen", "0.0.0.0:80", true).host == "0.0.0.0");
    for (const auto* open : {"0.0.0.0:80", "192.0.2.1:80", "example.org:80", "[::]:80"})
        CHECK(contains(
            message_of<ConfigError>([&] { (void)listen_address("--listen", open, false); }),
            "--insecure"));
    for (const auto* bad : {"", "localhost", ":80", "localhost:", "localhost:x", "localhost:70000",
                            "localhost:-1", "[::1:80"})
        CHECK_THROWS_AS((void)listen_address("--listen", bad, true), ConfigError);
}

TEST_CASE("is_known_host: a name that somebody else may have given is refused") {
    for (const auto* known : {"localhost", "localhost:8090", "127.0.0.1:8090", "[::1]:8090",
                              "192.168.1.7:8090", "box.lan:8090"})
        CHECK(is_known_host(known, {"box.lan"}));
    for (const auto* unknown : {"", "evil.example", "evil.example:8090", "localhost.evil.example",
                                "127.0.0.1.evil.example:8090", "[::1].evil.example", "box.lan.x"})
        CHECK(!is_known_host(unknown, {"box.lan"}));
}

TEST_CASE("PreviewServer: pages and pictures; nothing is subscribed to before somebody looks") {
    LiveCamera camera;
    PreviewServer server(camera.options());
    const auto page = get(server.port(), "/");
    CHECK(status_of(page) == "200");
    CHECK(contains(page, "<img src=\"/camera/gate.jpg\""));
    CHECK(contains(page, "default-src 'none'"));
    CHECK(contains(get(server.port(), "/camera/gate"), "/camera/gate.mjpg"));
    CHECK(!camera.watched);
    const auto picture = get(server.port(), "/camera/gate.jpg");
    REQUIRE(status_of(picture) == "200");
    CHECK(camera.watched);
    const auto image = decode_image(body_of(picture));
    CHECK(image.width == 640);
    CHECK(image.height == 480);
}

TEST_CASE("PreviewServer: other paths, names and sites get nothing") {
    LiveCamera camera;
    write(camera.store / "secret.jpg", "secret");
    PreviewServer server(camera.options());
    for (const auto* path : {"/camera/yard.jpg", "/camera/../secret.jpg", "/secret.jpg",
                             "/camera/..%2f..%2fsecret.jpg", "/camera/%00", "/camera/",
                             "/camera/gate.png", "/camera/.mjpg"}) {
        CAPTURE(path);
        const auto response = get(server.port(), path);
        CHECK(status_of(response) == "404");
        CHECK(!contains(response, "secret"));
    }
    CHECK(status_of(get(server.port(), "/", "Host: evil.example\r\n")) == "403");
    CHECK(status_of(get(server.port(), "/", "")) == "403");
    const std::string host = "Host: localhost\r\n";
    CHECK(status_of(get(server.port(), "/camera/gate.jpg",
                        host + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n")) ==
          "403");
    CHECK(status_of(get(server.port(), "/",
                        host + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n")) ==
          "200");
    CHECK(!camera.watched);
}

TEST_CASE("PreviewServer: live pictures, of as many viewers as are allowed") {
    LiveCamera camera;
    PreviewServer server(camera.options());
    std::atomic<bool> refused{false};
    std::string stream;
    std::jthread viewer(
        [&] { stream = get(server.port(), "/camera/gate.mjpg", "Host: localhost\r\n", 200'000); });
    for (int i = 0; i < 500 && !camera.watched; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (int i = 0; i < 200 && !refused; ++i)
        refused =
            status_of(get(server.port(), "/camera/gate.mjpg", "Host: localhost\r\n", 30)) == "503";
    viewer.join();
    CHECK(refused);
    CHECK(contains(stream, "multipart/x-mixed-replace; boundary=picture"));
    int pictures = 0;
    for (auto at = stream.find("--picture"); at != std::string::npos;
         at = stream.find("--picture", at + 1))
        ++pictures;
    CHECK(pictures > 3);
}

TEST_CASE("PreviewServer: ends while somebody watches; an address in use is an error") {
    LiveCamera camera;
    auto server = std::make_unique<PreviewServer>(camera.options());
    auto options = camera.options();
    options.address.port = server->port();
    CHECK_THROWS_AS(PreviewServer{options}, SystemError);
    const int port = server->port();
    std::jthread viewer(
        [&] { (void)get(port, "/camera/gate.mjpg", "Host: localhost\r\n", 1U << 30U); });
    for (int i = 0; i < 500 && !camera.watched; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(camera.watched);
    const auto start = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("CameraView: works while somebody looks, and rests afterwards") {
    LiveCamera camera;
    CameraView view(LiveFiles(camera.store), "gate", 50);
    CHECK(!view.works());
    const auto first = view.newer(0, std::chrono::seconds(10));
    REQUIRE(first);
    const auto second = view.newer(first->number, std::chrono::seconds(10));
    REQUIRE(second);
    CHECK(second->number > first->number);
    view.rest_if_unseen();
    CHECK(view.works());  // it was looked at just now
}
