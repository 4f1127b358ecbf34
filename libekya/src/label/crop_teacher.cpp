#include "crop_teacher.hpp"

#include <filesystem>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/script_classifier.hpp"
#include "ekya/video/annotation_teacher.hpp"
#include "ekya/video/image_files.hpp"
#include "ekya/video/onnx_classifier.hpp"
#include "golden_files.hpp"

namespace ekya {
namespace {

class AnnotationCropTeacher : public CropTeacher {
public:
    explicit AnnotationCropTeacher(AnnotationTable table) : table_(std::move(table)) {}

    std::vector<Label> ask(const WindowManifest& manifest, const CropBatch&,
                           std::span<const CropQuery> queries) override {
        if (!std::exchange(clipped_, true)) check_inside(table_, manifest.width, manifest.height);
        std::vector<Label> labels;
        for (const CropQuery& query : queries) {
            const auto& object = query.frame->objects[query.object];
            const auto name = annotated_class(table_, query.frame->frame, query.object, object.box);
            labels.push_back({object.crop, name.value_or(""), 1});
        }
        return labels;
    }

private:
    AnnotationTable table_;
    bool clipped_ = false;
};

/// Any classifier's predictions are labels.
template <typename Model> class ClassifierCropTeacher : public CropTeacher {
public:
    ClassifierCropTeacher(Model model, std::vector<std::string> names)
        : model_(std::move(model)), names_(std::move(names)) {}

    std::vector<Label> ask(const WindowManifest&, const CropBatch& crops,
                           std::span<const CropQuery> queries) override {
        CropBatch part;
        for (const CropQuery& query : queries) part.append(crops, query.crop);
        const auto predictions = model_.classify(part);
        std::vector<Label> labels;
        for (std::size_t i = 0; i < queries.size(); ++i) {
            const auto index = static_cast<std::size_t>(predictions[i].class_index);
            if (index >= names_.size())
                throw InputError("teacher answers class " + std::to_string(index) +
                                 ", --names has " + std::to_string(names_.size()));
            labels.push_back(
                {static_cast<int>(queries[i].crop), names_[index], predictions[i].probability});
        }
        return labels;
    }
    std::vector<std::string> classes() const override { return names_; }

private:
    Model model_;
    std::vector<std::string> names_;
};

/// The detector sees whole frames, kept by ekya-ingest --keep-frames; an object takes the class of
/// the detection over it.
class DetectorCropTeacher : public CropTeacher {
public:
    DetectorCropTeacher(OnnxDetector detector, Store store)
        : detector_(std::move(detector)), store_(std::move(store)) {}

    std::vector<Label> ask(const WindowManifest& manifest, const CropBatch&,
                           std::span<const CropQuery> queries) override {
        std::vector<Label> labels;
        for (const CropQuery& query : queries) {
            look_at(manifest, *query.frame);
            const auto& object = query.frame->objects[query.object];
            Label label{object.crop, "", 0};
            double most = 0.5;
            for (const auto& detection : found_)
                if (const double overlap = iou(detection.box, object.box); overlap >= most) {
                    most = overlap;
                    label.class_name = detection.class_name;
                    label.score = detection.score;
                }
            labels.push_back(label);
        }
        return labels;
    }
    std::vector<std::string> classes() const override { return detector_.classes(); }

private:
    void look_at(const WindowManifest& manifest, const FrameObjects& frame) {
        if (frame.image.empty())
            throw InputError("window " + std::to_string(manifest.window) +
                             " keeps no frames, which a detector needs; ingest with "
                             "--keep-frames jpg");
        const auto file = store_.window_directory(manifest.stream, manifest.window) / frame.image;
        if (image_ != file) found_ = detector_.detect(read_image(file));
        image_ = file;
    }

    OnnxDetector detector_;
    Store store_;
    std::filesystem::path image_;
    std::vector<Detection> found_;  // in it
};

template <typename Model>
std::unique_ptr<CropTeacher> classifier(Model model, std::vector<std::string> names) {
    return std::make_unique<ClassifierCropTeacher<Model>>(std::move(model), std::move(names));
}

}  // namespace

std::unique_ptr<CropTeacher> crop_teacher(const LabelRequest& request) {
    const auto& golden = request.options.golden;
    const auto& stream = request.stream;
    if (golden.teacher == "annotations")
        return std::make_unique<AnnotationCropTeacher>(annotations_of(stream));
    const bool named = !golden.names.empty();
    const auto names = named ? read_class_names(golden.names) : stream.classes;
    if (is_onnx(golden.teacher)) {
        const bool is_classifier = golden.kind == "classifier" ||
                                   (golden.kind == "auto" && named && names == stream.classes);
        if (!is_classifier)
            return std::make_unique<DetectorCropTeacher>(
                open_detector(golden, request.options.min_score), request.store);
        OnnxClassifierOptions options;
        options.input_size = golden.input_size;
        options.threads = golden.threads;
        return classifier(OnnxClassifier(golden.teacher, names, options), names);
    }
    ScriptClassifierOptions options;
    options.input_size = golden.input_size;
    ScriptClassifier script(golden.teacher, resolve_device(golden.device), options);
    const auto own = script.classes();
    const auto& used = !named && !own.empty() ? own : names;
    script.expect_classes(used.size());
    return classifier(std::move(script), used);
}

}  // namespace ekya
