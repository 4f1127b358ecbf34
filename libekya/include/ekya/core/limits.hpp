// What is read from outside has a limit: all of them stand here, docs/security.md explains them.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ekya::limits {

/// Bytes of one line of JSON Lines, also of one that a process of ours writes.
inline constexpr std::size_t line_bytes = std::size_t{16} << 20;
/// Bytes of a file that is read as a whole: a record, a list, a table.
inline constexpr std::size_t file_bytes = std::size_t{256} << 20;
/// Levels of nested lists and objects in JSON. Parsing and comparing recurse.
inline constexpr int json_levels = 100;
/// Bytes of text from outside that one message quotes.
inline constexpr std::size_t quoted_bytes = 400;

// Frames and control requests, which peers of sockets send.

/// Bytes of a published frame's header: its boxes are most of it.
inline constexpr std::size_t frame_header_bytes = std::size_t{1} << 20;
/// Bytes of a published frame's image: 16,384 x 10,000 pixels.
inline constexpr std::size_t frame_bytes = std::size_t{512} << 20;
/// Pixels of a frame's width, and of its height.
inline constexpr int frame_side = 16384;
/// Boxes of one frame. Each costs an analysis that other streams of the process wait for.
inline constexpr std::size_t frame_boxes = 1000;
/// Index of a frame: what a double of JSON holds exactly.
inline constexpr std::int64_t frame_index = std::int64_t{1} << 53;
/// Number of a window.
inline constexpr int window_index = 1'000'000'000;
/// Frames of a window: a day at 50 frames a second.
inline constexpr std::int64_t window_frames = 4'320'000;
/// Frames by which a frame's index may leap ahead, and windows likewise; a longer leap is believed
/// once the next frame continues it.
inline constexpr std::int64_t frame_leap = 1000;
inline constexpr int window_leap = 100;
/// Messages of frames taken from one socket before the other streams of the process have a turn.
inline constexpr int frames_at_once = 256;
/// Requests answered, and malformed ones refused, before frames have a turn.
inline constexpr int requests_at_once = 32;
/// What a request may set: k of every k-th frame, the share of a device, the side of a network's
/// input in pixels.
inline constexpr int frame_stride = 1'000'000'000;
inline constexpr double share = 1e6;
inline constexpr int input_size = 1024;
/// Bytes of a control request, and of its answer.
inline constexpr std::size_t request_bytes = 16384;
inline constexpr std::size_t reply_bytes = 65536;
/// Bytes of the reason that a refusal gives.
inline constexpr std::size_t refusal_bytes = 1000;
/// Swaps of one stream that wait for their model, in all and of one peer.
inline constexpr std::size_t waiting_swaps = 16;
inline constexpr std::size_t waiting_swaps_of_peer = 4;

// Connections to an ipc:// endpoint that a program binds.

/// Peers connected at the same time, in all and of one process.
inline constexpr std::size_t connections = 64;
inline constexpr std::size_t connections_of_process = 16;
/// Parts of one message; a peer's request has two, an empty one and the request.
inline constexpr int message_parts = 4;
/// Bytes of a ZMTP command, such as the one that begins a connection.
inline constexpr std::size_t command_bytes = 512;
/// Requests of one peer that wait to be read; the peer's next ones wait with the peer.
inline constexpr int waiting_requests = 64;
/// Bytes of a subscription, and how many a peer may send.
inline constexpr std::size_t subscription_bytes = 255;
inline constexpr int subscriptions = 32;
/// Bytes a second that are taken of one connection, after as many at once. Each part of a message
/// counts as so many bytes more: it costs memory and time however short it is.
inline constexpr double connection_rate = 1 << 20;
inline constexpr std::size_t part_cost = 256;
/// How long a peer may leave unread what is sent to it.
inline constexpr std::chrono::seconds stalled_reader(10);
/// Bytes of the path of an ipc:// endpoint: sun_path of the kernel less the final zero.
inline constexpr std::size_t socket_path_bytes = 107;

}  // namespace ekya::limits
