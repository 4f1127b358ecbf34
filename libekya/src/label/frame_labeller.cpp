#include "ekya/store/frame_choice.hpp"
#include "ekya/video/crops.hpp"
#include "ekya/video/frame_teacher.hpp"
#include "ekya/video/image_files.hpp"
#include "frame_student.hpp"
#include "golden_files.hpp"
#include "labellers.hpp"

namespace ekya {
namespace {

constexpr int picture_side = 16;  // pixels, of the frames that `change` compares

std::unique_ptr<FrameTeacher> frame_teacher(const LabelRequest& request, double least_score) {
    const auto& golden = request.options.golden;
    if (golden.teacher == "annotations")
        return annotation_frame_teacher(annotations_of(request.stream));
    if (!is_onnx(golden.teacher) || golden.kind == "classifier")
        throw ConfigError("--teacher " + golden.teacher +
                          ": a classifier finds no objects; windows of detection need annotations "
                          "or an ONNX detector");
    return detector_frame_teacher(open_detector(golden, least_score), golden.effort);
}

class FrameLabeller : public WindowLabeller {
public:
    FrameLabeller(const LabelRequest& request, WindowManifest manifest)
        : request_(request),
          manifest_(std::move(manifest)),
          ignore_score_(request.options.ignore_score.value_or(request.options.min_score / 2)),
          teacher_(frame_teacher(request, ignore_score_)),
          filter_(request.stream.classes, request.options.class_map, request.options.min_score,
                  ignore_score_) {
        check_class_map(request.options.class_map, teacher_->classes(), request.all_classes);
        const auto id = student_id(request);
        if (id.empty()) return;
        if (auto student =
                ask_student(request, [&] { return std::make_unique<FrameStudent>(request, id); }))
            student_ = std::move(*student);
    }

    std::size_t choose() override {
        const auto& o = request_.options;
        FrameChoiceOptions options{o.fraction, o.choice, o.uniform_part, o.seed, {}, {}};
        options.pictures = [this](auto frames) { return pictures_of(frames); };
        const bool any_choice = o.fraction > 0 && o.fraction < 1;
        if (o.choice == SampleChoice::uncertain && any_choice && student_) {
            const auto kept = kept_frames(manifest_);
            const auto doubt = ask_student(
                request_, [&] { return student_->doubt(images_of(kept), times_of(kept)); });
            if (doubt)
                options.doubt = [doubt](auto) { return *doubt; };
            else
                student_.reset();
        }
        chosen_ = choose_frames(manifest_, options);
        return chosen_.size();
    }

    std::size_t step() const override { return 1; }

    void label(std::size_t first, std::size_t count, LabelSet& set) override {
        for (std::size_t i = first; i < first + count; ++i) {
            const auto& c = chosen_[i];
            const auto index = manifest_.frames[c.frame].frame;
            set.frames.push_back({static_cast<int>(c.frame),
                                  filter_.take(teacher_->look_at(index, image_of(c.frame))),
                                  c.uniform, c.weight});
        }
    }

    void conclude(LabelSet& set) override {
        set.yield = filter_.yield();
        if (!student_ || !is_new_to(student_->card(), request_.window)) return;
        std::vector<std::size_t> labelled;
        for (const auto& label : set.frames)
            labelled.push_back(static_cast<std::size_t>(label.frame));
        set.agreement = student_->agreement(images_of(labelled), set.frames);
    }

private:
    [[nodiscard]] std::filesystem::path image_of(std::size_t frame) const {
        return request_.store.window_directory(manifest_.stream, manifest_.window) /
               manifest_.frames[frame].image;
    }
    [[nodiscard]] std::vector<std::filesystem::path> images_of(
        std::span<const std::size_t> frames) const {
        std::vector<std::filesystem::path> images;
        for (const auto frame : frames) images.push_back(image_of(frame));
        return images;
    }
    [[nodiscard]] std::vector<Seconds> times_of(std::span<const std::size_t> frames) const {
        std::vector<Seconds> times;
        for (const auto frame : frames) times.push_back(manifest_.frames[frame].time);
        return times;
    }
    /// Small ones of whole frames, for `change`.
    [[nodiscard]] CropBatch pictures_of(std::span<const std::size_t> frames) const {
        CropBatch pictures;
        pictures.size = picture_side;
        for (const auto frame : frames) {
            request_.check_interrupted();
            const auto image = read_image(image_of(frame));
            const Box whole{0, 0, static_cast<double>(image.width),
                            static_cast<double>(image.height)};
            append_crops(image, std::span(&whole, 1), picture_side, pictures, 0);
        }
        return pictures;
    }

    const LabelRequest& request_;
    WindowManifest manifest_;
    double ignore_score_;
    std::unique_ptr<FrameTeacher> teacher_;
    BoxFilter filter_;
    std::unique_ptr<FrameStudent> student_;  // none: no model serves, or none can be asked
    std::vector<ChosenFrame> chosen_;
};

}  // namespace

std::unique_ptr<WindowLabeller> frame_labeller(const LabelRequest& request,
                                               WindowManifest manifest) {
    return std::make_unique<FrameLabeller>(request, std::move(manifest));
}

}  // namespace ekya
