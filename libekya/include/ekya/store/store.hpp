#pragma once
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/core/retraining_record.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

/// What becomes of records of another stream or window than their place says, as in the directory
/// of a stream that was copied beside it.
enum class Misplaced { refused, passed_over };

/// The directory in which stages leave what they made; its layout is in docs/store.md. Everything
/// is written atomically: a reader sees a whole record or none, whatever was killed.
class Store {
public:
    explicit Store(std::filesystem::path root);
    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

    /// Of what the store has of a stream. Its id and those of models become names of directories.
    /// @throws InputError if the id is no file name (the same for all that follow)
    [[nodiscard]] std::filesystem::path stream_directory(const std::string& stream) const;
    [[nodiscard]] std::filesystem::path window_directory(const std::string& stream,
                                                         int window) const;
    [[nodiscard]] std::filesystem::path model_directory(const std::string& stream,
                                                        const std::string& model) const;
    [[nodiscard]] std::filesystem::path labels_file(const std::string& stream, int window) const;
    [[nodiscard]] std::filesystem::path profile_file(const std::string& stream, int window) const;
    [[nodiscard]] std::filesystem::path truth_file(const std::string& stream, int window) const;
    [[nodiscard]] std::filesystem::path accuracy_file(const std::string& stream, int window) const;
    [[nodiscard]] std::filesystem::path plan_file(int window) const;

    /// A sampled frame to keep beside the crops.
    struct KeptFrame {
        std::string name;   ///< file name inside the window directory
        std::string bytes;  ///< PNG or JPEG
    };
    /// @param crops none where the manifest's crop_size is 0; there is no crops.png then
    void write_window(const WindowManifest& manifest, const CropBatch& crops,
                      const std::vector<KeptFrame>& frames = {}) const;
    [[nodiscard]] bool has_window(const std::string& stream, int window) const;
    /// @throws InputError if the window is missing or damaged (the same for all readers below)
    [[nodiscard]] WindowManifest window(const std::string& stream, int window) const;
    /// Empty for a window that stores none.
    [[nodiscard]] CropBatch crops(const WindowManifest& manifest) const;
    /// Numbers of the stored windows, ascending. What is no window, by its name or as it has no
    /// manifest, is passed over, here and in all lists below.
    [[nodiscard]] std::vector<int> windows(const std::string& stream) const;

    void write_labels(const LabelSet& labels) const;
    [[nodiscard]] bool has_labels(const std::string& stream, int window) const;
    [[nodiscard]] LabelSet labels(const std::string& stream, int window) const;

    /// Streams that the store knows, sorted.
    [[nodiscard]] std::vector<std::string> streams() const;

    void write_profile(const ProfileRecord& profile) const;
    /// All stored profiles of a stream from a window on, by window.
    [[nodiscard]] std::vector<ProfileRecord> profiles(
        const std::string& stream, int from = 0, Misplaced misplaced = Misplaced::refused) const;
    /// Truths lie apart from the profiles, since planning must not see them.
    void write_truth(const Truth& truth) const;
    [[nodiscard]] std::vector<Truth> truths(const std::string& stream) const;
    void write_accuracy(const WindowAccuracy& accuracy) const;
    /// How live inference did in a window; none if nothing says so.
    [[nodiscard]] std::optional<WindowAccuracy> accuracy(const std::string& stream,
                                                         int window) const;
    /// All that are stored of a stream, by window.
    [[nodiscard]] std::vector<WindowAccuracy> accuracies(const std::string& stream) const;
    void write_plan(const Plan& plan) const;
    /// The first plan of each window, by window.
    [[nodiscard]] std::vector<Plan> plans() const;
    /// The last of them; none if there is none.
    [[nodiscard]] std::optional<Plan> newest_plan() const;
    void write_retraining(const RetrainingRecord& record) const;
    /// What came of a stream's retrainings, by window.
    [[nodiscard]] std::vector<RetrainingRecord> retrainings(const std::string& stream) const;

    /// Stores weights and card together. `save` writes the weights to the path it is given; SHA-256
    /// is filled in here.
    /// @return the card as stored
    ModelCard write_model(ModelCard card,
                          const std::function<void(const std::filesystem::path&)>& save) const;
    [[nodiscard]] bool has_model(const std::string& stream, const std::string& model) const;
    /// Reads the card and checks that the weights are those it describes (SHA-256).
    [[nodiscard]] ModelCard model(const std::string& stream, const std::string& model) const;
    /// Cards of all stored models of a stream, by id, without checking their weights; those that
    /// cannot be read, or are of another model than their directory, are left out.
    [[nodiscard]] std::vector<ModelCard> model_cards(const std::string& stream) const;
    [[nodiscard]] std::filesystem::path weights_file(const std::string& stream,
                                                     const std::string& model) const;

    /// The model that serves the stream, if one was set.
    [[nodiscard]] std::optional<std::string> serving(const std::string& stream) const;
    /// The one that served before it, if one did.
    [[nodiscard]] std::optional<std::string> served_before(const std::string& stream) const;
    /// Makes a stored model the serving one; one that serves already changes nothing. @throws
    /// InputError if it is not stored
    void set_serving(const std::string& stream, const std::string& model) const;

private:
    class ManifestMemory;
    std::filesystem::path root_;
    std::shared_ptr<ManifestMemory>
        manifests_;  // of windows read last: a stage asks for the same ones again and again
};

/// Lower-case hexadecimal SHA-256 of a file's bytes. @throws InputError if it cannot be read
[[nodiscard]] std::string sha256_of(const std::filesystem::path& file);

/// The newest stored window whose manifest can be read: the name of a directory alone says nothing.
/// @param last windows with a higher number are passed over
[[nodiscard]] std::optional<int> newest_window(const Store& store, const std::string& stream,
                                               int last = std::numeric_limits<int>::max());

}  // namespace ekya
