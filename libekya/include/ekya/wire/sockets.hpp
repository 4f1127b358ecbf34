#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/socket_security.hpp"

namespace ekya {

/// Publishes frames: PUB with a bounded queue. A subscriber that falls `queue` messages behind
/// loses the newest ones (ZeroMQ's rule); the publisher never waits for it. Two-part messages: JSON
/// header, image.
class FramePublisher {
public:
    /// @throws ConfigError if the endpoint cannot be bound, or other machines could reach it and
    /// `security` does not allow that
    FramePublisher(const std::string& endpoint, int queue, const SocketSecurity& security = {});
    ~FramePublisher();
    FramePublisher(const FramePublisher&) = delete;
    FramePublisher& operator=(const FramePublisher&) = delete;

    /// Waits until `subscribers` have subscribed. @return false if they did not within the time
    bool wait_for_subscribers(int subscribers, std::chrono::milliseconds limit,
                              const std::function<bool()>& cancelled);
    void publish(const FrameHeader& header, const FrameImage& image);
    void publish(const WindowEnd& end);
    /// What is wrong with peers since the last call, for people: clients that were refused.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
};

/// What arrived at a subscriber: a frame with its image, or a window's end.
struct FrameMessage {
    std::optional<FrameHeader> frame;
    std::optional<WindowEnd> end;
    FrameImage image;
};

/// A running inference's two sockets: frames (SUB) and control (ROUTER), polled together.
class InferenceSockets {
public:
    /// @param frames endpoint of the publisher; @param control endpoint to bind, empty = none
    /// @throws ConfigError as FramePublisher
    InferenceSockets(const std::string& frames, const std::string& control, int queue,
                     const SocketSecurity& security = {});
    ~InferenceSockets();
    InferenceSockets(const InferenceSockets&) = delete;
    InferenceSockets& operator=(const InferenceSockets&) = delete;

    /// Waits until something can be read or the time is over.
    void wait(std::chrono::milliseconds limit);
    /// The same for several: until something can be read from one of them.
    static void wait(std::span<InferenceSockets* const> sockets, std::chrono::milliseconds limit);
    /// The next frame message that is there already. @throws InputError for a malformed one (which
    /// is consumed)
    [[nodiscard]] std::optional<FrameMessage> next_frame();
    /// The next control request that is there already; malformed ones are answered with an error
    /// and skipped. The caller answers later, with the token it came with.
    struct Request {
        ControlRequest request;
        std::string token;
    };
    [[nodiscard]] std::optional<Request> next_request();
    /// Never waits; the answer to a peer that is gone is dropped.
    void reply(const std::string& token, const ControlReply& reply);
    /// What is wrong with peers since the last call, for people: clients that were refused, a
    /// publisher that refuses us.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
};

/// Publishes records of a running inference, one a message: XPUB. A subscriber that does not read
/// loses the newest ones beyond `queue`; nobody waits for it.
class EventPublisher {
public:
    /// @throws ConfigError as FramePublisher
    explicit EventPublisher(const std::string& endpoint, const SocketSecurity& security = {},
                            int queue = 1000);
    ~EventPublisher();
    EventPublisher(const EventPublisher&) = delete;
    EventPublisher& operator=(const EventPublisher&) = delete;

    /// Whether anybody has subscribed: else a record need not be encoded.
    [[nodiscard]] bool wanted();
    void publish(const Json& record);
    /// @param line a record as to_line() gives it
    void publish(const std::string& line);
    /// What is wrong with peers since the last call, for people: clients that were refused.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
};

/// Sends one control request and waits for the answer.
/// @throws SystemError if nobody answers in time, InputError if the answer makes no sense,
/// ConfigError as FramePublisher
[[nodiscard]] ControlReply send_control(const std::string& endpoint, const ControlRequest& request,
                                        std::chrono::milliseconds limit,
                                        const SocketSecurity& security = {});

/// "{stream}" in an endpoint replaced by the stream's id.
[[nodiscard]] std::string endpoint_for(std::string_view endpoint, const std::string& stream);

}  // namespace ekya
