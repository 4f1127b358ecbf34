#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ekya {

/// Where a store keeps what changes while its streams are served live, and what programs that last
/// say of themselves: STORE/run.
class LiveFiles {
public:
    explicit LiveFiles(const std::filesystem::path& store) : directory_(store / "run") {}

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// A symbolic link to the directory of the sockets `<stream>.frames`, `.control`, `.answers`
    /// and `.events`, whose own names must be short; it is there while streams are served.
    [[nodiscard]] std::filesystem::path sockets() const { return directory_ / "sockets"; }
    /// The endpoint of one of them, whatever the length of the store's name.
    /// @throws InputError for a stream that cannot be one's id; empty if nothing is served
    [[nodiscard]] std::string endpoint(const std::string& stream, const std::string& kind) const;
    /// Streams of which a socket of this kind is there, sorted.
    [[nodiscard]] std::vector<std::string> streams(const std::string& kind) const;

    /// ekya.inference/1 of each frame; the file before it has ".1" behind its name.
    [[nodiscard]] std::filesystem::path answers(const std::string& stream) const {
        return directory_ / (stream + ".answers.jsonl");
    }
    /// Streams of which there is such a file, sorted.
    [[nodiscard]] std::vector<std::string> answered_streams() const;
    /// ekya.event/1; the file before it has ".1" behind its name.
    [[nodiscard]] std::filesystem::path events() const { return directory_ / "events.jsonl"; }
    /// ekya.run-state/1 of the program that runs the store.
    [[nodiscard]] std::filesystem::path run_state() const { return directory_ / "state.json"; }
    /// ekya.source-state/1 of a stream's ingestion.
    [[nodiscard]] std::filesystem::path source_state(const std::string& stream) const {
        return directory_ / (stream + ".source.json");
    }
    /// ekya.inference-state/1 of a stream's inference.
    [[nodiscard]] std::filesystem::path inference_state(const std::string& stream) const {
        return directory_ / (stream + ".inference.json");
    }

private:
    std::filesystem::path directory_;
};

}  // namespace ekya
