// The limits of everything that is read from outside. docs/security.md explains them.
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
/// Values of one JSON text. Each takes some 70 bytes of memory, and as few as two of the text.
inline constexpr std::size_t json_values = 10'000'000;
/// Bytes of text from outside that one message quotes.
inline constexpr std::size_t quoted_bytes = 400;

// Texts and lists of records.

/// Bytes of a text of a record. A path has at most so many.
inline constexpr std::size_t text_bytes = 4096;
/// Bytes of an id that becomes a file name, which the kernel limits to 255 bytes: what is added to
/// it (".partPID", ".retraining") fits too.
inline constexpr std::size_t name_bytes = 128;
/// Bytes of the name of a class.
inline constexpr std::size_t class_bytes = 256;
/// Entries of a list or a map of a record that has no limit of its own.
inline constexpr std::size_t list_entries = 1'000'000;
/// Streams of a stream list or a plan.
inline constexpr std::size_t streams = 20'000;
/// Classes of a stream, a model or a file of class names.
inline constexpr std::size_t classes = 65'536;
/// Classes of all streams of a stream list together; each stream holds those of the list that it
/// does not replace.
inline constexpr std::size_t listed_classes = 2'000'000;
/// Retraining or inference configurations of a list, also of one stream in one window.
inline constexpr std::size_t configurations = 10'000;
/// Objects of one frame.
inline constexpr std::size_t frame_objects = 100'000;

// Numbers of records. They hold what can be meant, and computing with them cannot overflow.

/// Size of any number that has no range of its own.
inline constexpr double number = 1e100;
/// The last window: with windows of one second, the 31st year.
inline constexpr int window = 999'999'999;
/// The last frame. A double of JSON holds it exactly.
inline constexpr std::int64_t frame = 1'000'000'000'000'000;
/// Of a box's edges, which may lie outside the frame.
inline constexpr double box_pixels = 1e6;
/// Side of a frame or an input.
inline constexpr int side_pixels = 16'384;
/// Side of a stored crop.
inline constexpr int crop_pixels = 1'024;
/// Share of a device, and devices shared out.
inline constexpr double share = 1e6;
/// k, where every k-th frame is analysed.
inline constexpr int frame_stride = 1'000'000;
inline constexpr int epochs = 10'000;
inline constexpr int batch_size = 65'536;
/// Neurons of a layer in a network's head.
inline constexpr int head_width = 8'192;
inline constexpr double learning_rate = 100;

// Video.

/// Pixels of one frame; 8K video has 35 million at most. A decoder keeps up to 17 frames.
inline constexpr long long frame_pixels = 36'000'000;
/// Bytes of one block of memory that FFmpeg takes: a plane of a frame, a packet, a table.
inline constexpr std::size_t ffmpeg_block_bytes = std::size_t{256} << 20;
/// Streams of one container.
inline constexpr int container_streams = 256;
/// Bytes of a playlist.
inline constexpr std::size_t playlist_bytes = std::size_t{4} << 20;
/// Files and URLs that one source may open before it gives a packet.
inline constexpr int opened_at_once = 200;
/// Redirections that are followed, one after the other, to what one URL names.
inline constexpr int redirections = 5;
/// Frames per second that a container may state. Outside, the rate counts as unknown.
inline constexpr double lowest_fps = 0.01, highest_fps = 1000;
/// Seconds by which time may leap within a file, its frames before and behind the leap in
/// different windows. After a longer leap time runs on from the frame before.
inline constexpr double leap_seconds = 300;
/// Seconds by which the time of a live source's frames may be ahead of the clock, e.g. because
/// its server sends at first what it has kept.
inline constexpr double ahead_seconds = 60;
/// Windows of a stream without any frame, beyond as many as have some, that time stamps may make.
inline constexpr int empty_windows = 300;
/// Gaps of one window that are told one by one; of the others their number.
inline constexpr std::size_t told_gaps = 100;
/// Boxes of one annotation file.
inline constexpr std::size_t annotations = 8'000'000;
/// Images of a directory that is read as a stream.
inline constexpr std::size_t directory_images = 1'000'000;

// Frames and control requests, which peers of sockets send.

/// Bytes of a published frame's header: its boxes are most of it.
inline constexpr std::size_t frame_header_bytes = std::size_t{1} << 20;
/// Bytes of a published frame's image: 16,384 x 10,000 pixels.
inline constexpr std::size_t frame_bytes = std::size_t{512} << 20;
/// Boxes of one frame. Each costs an analysis that other streams of the process wait for.
inline constexpr std::size_t frame_boxes = 1000;
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
/// Side of a network's input in pixels that a request may set.
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
/// Time for which a peer may leave unread what is sent to it.
inline constexpr std::chrono::seconds stalled_reader(10);
/// Bytes of the path of an ipc:// endpoint: sun_path of the kernel less the final zero.
inline constexpr std::size_t socket_path_bytes = 107;
/// Members of a weights file, and tensors that it names.
inline constexpr std::size_t weights_tensors = 100'000;
/// Levels of nested tuples, lists and dictionaries in a weights file. Ending them recurses.
inline constexpr int weights_levels = 64;

/// Pixels of one image that is decoded; an 8K frame has 33 million.
inline constexpr long long image_pixels = 1LL << 26;
/// Pixels of a window's contact sheet.
inline constexpr long long sheet_pixels = 1LL << 28;
/// Largest ratio of a contact sheet's decoded bytes to its file's. The store's own are not
/// compressed.
inline constexpr long long sheet_compression = 100;
/// Crops of one window.
inline constexpr int window_crops = 1'000'000;

/// Bytes of a golden model's file; protobuf, which ONNX is, ends there too.
inline constexpr std::size_t golden_model_bytes = std::size_t{2} << 30;
/// Bytes of memory that a process may take beyond what it has when it opens a golden model.
inline constexpr std::size_t golden_model_memory = std::size_t{8} << 30;
/// Seconds after which a golden model that does not answer is ended.
inline constexpr double golden_model_seconds = 600;
/// Seconds that the first run of a model, on an empty image, may take in its trial.
inline constexpr double model_trial_seconds = 120;
/// Nodes of an ONNX graph, and of its tensors and other parts.
inline constexpr std::size_t onnx_parts = 200'000;
/// Values of one tensor that an ONNX graph declares.
inline constexpr long long onnx_values = 1LL << 30;

/// Records of one name that a stream's quarantine tells apart.
inline constexpr int quarantine_names = 1000;
// --- what waits for a disk that is full

/// Results of windows that ekya-infer keeps in memory; more of them are dropped and counted.
inline constexpr std::size_t waiting_results = 1000;
/// Windows of one stream that ekya-ingest will mark as not stored; of more, the oldest are not.
inline constexpr std::size_t waiting_windows = 1000;

}  // namespace ekya::limits
