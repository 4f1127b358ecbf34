// What is read from outside has a limit: all of them stand here, docs/security.md explains them.
#pragma once
#include <cstddef>

namespace ekya::limits {

/// Bytes of one line of JSON Lines, also of one that a process of ours writes.
inline constexpr std::size_t line_bytes = std::size_t{16} << 20;
/// Bytes of a file that is read as a whole: a record, a list, a table.
inline constexpr std::size_t file_bytes = std::size_t{256} << 20;
/// Levels of nested lists and objects in JSON. Parsing and comparing recurse.
inline constexpr int json_levels = 100;
/// Bytes of text from outside that one message quotes.
inline constexpr std::size_t quoted_bytes = 400;

// Video.

/// Pixels of one frame; 8K video has 35 million at most. A decoder keeps up to 17 frames.
inline constexpr long long frame_pixels = 36'000'000;
/// Bytes of one block of memory that FFmpeg takes: a plane of a frame, a packet, a table.
inline constexpr std::size_t ffmpeg_block_bytes = std::size_t{256} << 20;
/// Streams of one container.
inline constexpr int container_streams = 256;
/// Bytes of a playlist.
inline constexpr std::size_t playlist_bytes = std::size_t{4} << 20;
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

}  // namespace ekya::limits
