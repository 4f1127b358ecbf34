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

// --- what waits for a disk that is full

/// Results of windows that ekya-infer keeps in memory; more of them are dropped and counted.
inline constexpr std::size_t waiting_results = 1000;
/// Windows of one stream that ekya-ingest will mark as not stored; of more, the oldest are not.
inline constexpr std::size_t waiting_windows = 1000;

}  // namespace ekya::limits
