#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/nn/prediction.hpp"

namespace ekya {

/// What a TorchScript classifier expects of its input.
struct ScriptClassifierOptions {
    int input_size = 0;  ///< side that crops are resized to, in [16, 1024]; 0 = what the script
                         ///< says (its attribute input_size), else 224
    bool imagenet_normalisation =
        true;  ///< mean and standard deviation of ImageNet; false: values stay in [0, 1], as
               ///< they do for what export_script() made
    int batch_size = 32;  ///< crops given to the network at once; >= 1
};

/// A golden model: any TorchScript file that maps [N, 3, S, S] float32 to [N, classes] scores
/// (logits). One caller at a time per instance. The script is a program: opening the file and
/// classifying run it. What it prints is dropped. See confine() for what it may reach.
class ScriptClassifier {
public:
    /// @throws InputError naming the file if it cannot be read as TorchScript; ConfigError for the
    /// device
    explicit ScriptClassifier(const std::filesystem::path& script,
                              const std::string& device = "cpu",
                              const ScriptClassifierOptions& options = {});
    ScriptClassifier(ScriptClassifier&&) noexcept;
    ScriptClassifier& operator=(ScriptClassifier&&) noexcept;
    ~ScriptClassifier();

    /// One prediction per crop, in order.
    /// @throws InputError naming the file if the network fails or puts out something else than [N,
    /// classes]
    [[nodiscard]] std::vector<Prediction> classify(const CropBatch& crops);
    /// From here on the network must give so many scores for each crop.
    void expect_classes(std::size_t count);
    /// Names in output order, as far as the script says them (its attribute classes, as ekya-export
    /// leaves it); else empty.
    [[nodiscard]] const std::vector<std::string>& classes() const;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace ekya
