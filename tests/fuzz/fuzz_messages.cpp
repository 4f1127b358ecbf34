// What peers send to a running inference, through its own sockets. The text is the JSON part of a
// message. Parameters: 0 for a frame, 1 for a control request; bytes of the image, 0 = as many as
// the header says; further parts.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>
#include <zmq.hpp>

#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_pixel_bytes = 1 << 20;

/// An inference's sockets and the peers that it has.
struct Peers {
    test::Scratch scratch;
    std::string frames_endpoint = "ipc://" + (scratch / "frames").string();
    std::string control_endpoint = "ipc://" + (scratch / "control").string();
    zmq::context_t context{1};
    zmq::socket_t frames{context, zmq::socket_type::xpub},
        control{context, zmq::socket_type::dealer};
    InferenceSockets inference{frames_endpoint, control_endpoint, 10};

    Peers() {
        for (auto* socket : {&frames, &control}) socket->set(zmq::sockopt::linger, 0);
        control.set(zmq::sockopt::rcvtimeo, 200);
        frames.bind(frames_endpoint);
        control.connect(control_endpoint);
        zmq::message_t subscription;
        fuzz::require(frames.recv(subscription).has_value(), "no subscription");
    }
};

void send(zmq::socket_t& socket, const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
        socket.send(zmq::buffer(parts[i]),
                    i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

std::size_t bytes_that_header_says(const std::string& text) {
    std::size_t bytes = 0;
    (void)fuzz::accepts([&] {
        const auto header = decode<FrameHeader>(parse_json(text, "header"), "header");
        bytes =
            static_cast<std::size_t>(header.width) * static_cast<std::size_t>(header.height) * 3;
    });
    return std::min(bytes, most_pixel_bytes);
}

void check_frame(Peers& peers, fuzz::Input& input) {
    std::vector<std::string> parts{input.text()};
    const std::size_t bytes = input.byte();
    const int further = input.byte() % 4;  // 1: no image
    if (further != 1) parts.emplace_back(bytes > 0 ? bytes : bytes_that_header_says(parts[0]), '7');
    for (int i = 1; i < further; ++i) parts.emplace_back("more");
    send(peers.frames, parts);
    peers.inference.wait(200ms);
    (void)fuzz::accepts([&] {
        const auto message = peers.inference.next_frame();
        if (!message) return;
        fuzz::require(message->frame.has_value() != message->end.has_value(),
                      "a message that is neither a frame nor a window's end, or both");
        if (!message->frame) return;
        // On a busy machine it may be the one of the input before.
        const auto& [width, height, bgr] = message->image;
        fuzz::require(width == message->frame->width && height == message->frame->height &&
                          bgr.size() == static_cast<std::size_t>(width) *
                                            static_cast<std::size_t>(height) * 3,
                      "an image of another size than its header says");
    });
}

void check_request(Peers& peers, fuzz::Input& input) {
    std::vector<std::string> parts(input.byte() % 4);
    parts.push_back(input.text());
    send(peers.control, parts);
    peers.inference.wait(200ms);
    (void)fuzz::accepts([&] {
        const auto found = peers.inference.next_request();
        if (!found) return;
        const std::string line = to_line(encode(found->request));
        fuzz::require(fuzz::accepts([&] {
                          (void)decode<ControlRequest>(parse_json(line, "again"), "again");
                      }),
                      "a request that was read cannot be read again: " + line);
        peers.inference.reply(found->token, {});
    });
    zmq::message_t answer;
    do
        if (!peers.control.recv(answer)) return;
    while (answer.more());
    (void)decode<ControlReply>(parse_json(answer.to_string_view(), "answer"), "answer");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Peers peers;
    fuzz::Input input(data, size);
    try {
        if (input.byte() % 2 == 0)
            check_frame(peers, input);
        else
            check_request(peers, input);
    } catch (const zmq::error_t& e) {
        fuzz::require(e.num() == EINTR, e.what());  // libFuzzer's alarm
    }
    return 0;
}
