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

/// Members of a weights file, and tensors that it names.
inline constexpr std::size_t weights_tensors = 100'000;
/// Levels of nested tuples, lists and dictionaries in a weights file. Ending them recurses.
inline constexpr int weights_levels = 64;

/// Pixels of one image that is decoded; an 8K frame has 33 million.
inline constexpr long long image_pixels = 1LL << 26;
/// Pixels of a window's contact sheet.
inline constexpr long long sheet_pixels = 1LL << 28;
/// How many times larger than its file a contact sheet may be. The store's own are not compressed.
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

}  // namespace ekya::limits
