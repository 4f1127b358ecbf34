#include "frame_student.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/box_matching.hpp"
#include "ekya/device/device.hpp"
#include "ekya/live/tracker.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/video/image_files.hpp"

namespace ekya {
namespace {

/// -1 for a class that the model does not know.
int index_of(const std::vector<std::string>& classes, const std::string& name) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    return found == classes.end() ? -1 : static_cast<int>(found - classes.begin());
}

std::vector<ScoredBox> scored(const std::vector<ClassifiedObject>& objects,
                              const std::vector<std::string>& classes) {
    std::vector<ScoredBox> boxes;
    for (const auto& object : objects)
        boxes.push_back({object.box, index_of(classes, object.class_name), object.score});
    return boxes;
}

}  // namespace

FrameStudent::FrameStudent(const LabelRequest& request, const std::string& id)
    : check_interrupted_(request.check_interrupted),
      card_(request.store.model(request.stream.id, id)),
      model_(load_model(request.store, request.stream.id, id,
                        resolve_device(request.options.golden.device))) {}

std::vector<ClassifiedObject> FrameStudent::answer(const FrameImage& image) {
    check_interrupted_();
    const FrameToAnswer frame{&image, {}, &card_};
    return model_->answer({&frame, 1}).front();
}

std::vector<double> FrameStudent::doubt(const std::vector<std::filesystem::path>& images,
                                        const std::vector<Seconds>& times) {
    std::vector<double> doubt;
    Tracker tracker;
    std::pair<int, int> size;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto image = read_image(images[i]);
        const std::pair now(image.width, image.height);
        if (std::exchange(size, now) != now) tracker.end_all();
        const auto expected = tracker.predicted(times[i], image.width, image.height);
        const auto found = tracker.update(times[i], answer(image));
        std::vector<TargetBox> objects;
        for (const auto& object : found)
            objects.push_back({object.box, index_of(card_.classes, object.class_name), false});
        doubt.push_back(i == 0 ? 0
                               : 1 - count_matches(scored(expected, card_.classes), objects).f1());
    }
    return doubt;
}

Agreement FrameStudent::agreement(const std::vector<std::filesystem::path>& images,
                                  const std::vector<FrameLabel>& labels) {
    std::vector<Grade> grades;
    std::vector<double> weights;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        std::vector<TargetBox> objects;
        for (const auto& box : labels[i].boxes)
            objects.push_back({box.box, index_of(card_.classes, box.class_name), box.ignore});
        grades.push_back(
            grade_of(count_matches(scored(answer(read_image(images[i])), card_.classes), objects)));
        weights.push_back(labels[i].weight);
    }
    return agreement_of(card_.id, grades, weights);
}

}  // namespace ekya
