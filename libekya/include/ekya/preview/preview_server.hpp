#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ekya {

/// Where a server listens.
struct ListenAddress {
    std::string host = "127.0.0.1";
    int port = 8090;  ///< 0 = any that is free
};
/// @param text HOST:PORT, an IPv6 address in brackets
/// @throws ConfigError naming `option`, also for an address that other machines can reach, unless
/// `insecure`
[[nodiscard]] ListenAddress listen_address(const std::string& option, const std::string& text,
                                           bool insecure);

/// Whether a browser that sends this Host header was led here by nobody's name: an IP address,
/// localhost, or one of `names`. A page of somebody else's can give its own name the address of
/// this machine (DNS rebinding), and would be let read what is here.
[[nodiscard]] bool is_known_host(std::string_view header, const std::vector<std::string>& names);

/// A server of pictures for browsers:
///   /                   a page with all cameras
///   /camera/ID          a page with one, live
///   /camera/ID.jpg      the newest picture
///   /camera/ID.mjpg     pictures as they come (multipart/x-mixed-replace)
/// Only what is asked for is subscribed to. Pages of other sites may not show the pictures.
class PreviewServer {
public:
    struct Options {
        std::filesystem::path store;
        ListenAddress address;
        std::vector<std::string> names;  ///< that browsers may call this machine by
        int viewers = 16;                ///< at the same time, of .mjpg; > 0
        double max_rate = 5;             ///< pictures a second of each camera; > 0
    };
    /// @throws SystemError if the address is in use
    explicit PreviewServer(Options options);
    ~PreviewServer();
    PreviewServer(const PreviewServer&) = delete;
    PreviewServer& operator=(const PreviewServer&) = delete;

    [[nodiscard]] int port() const;
    /// Now and then: ends what nobody looks at.
    void look_after();

private:
    class Pages;
    std::unique_ptr<Pages> pages_;
};

}  // namespace ekya
