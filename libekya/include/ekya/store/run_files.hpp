// What programs that last say of themselves lies in STORE/run.
#pragma once
#include <filesystem>
#include <string>

namespace ekya {

/// ekya.run-state/1 of the program that runs the store.
[[nodiscard]] inline std::filesystem::path run_state_file(const std::filesystem::path& store) {
    return store / "run" / "state.json";
}
/// ekya.source-state/1 of a stream's ingestion.
[[nodiscard]] inline std::filesystem::path source_state_file(const std::filesystem::path& store,
                                                             const std::string& stream) {
    return store / "run" / (stream + ".source.json");
}
/// ekya.inference-state/1 of a stream's inference.
[[nodiscard]] inline std::filesystem::path inference_state_file(const std::filesystem::path& store,
                                                                const std::string& stream) {
    return store / "run" / (stream + ".inference.json");
}

}  // namespace ekya
