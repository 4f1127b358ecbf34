#include <cmath>
#include <map>

#include "crop_teacher.hpp"
#include "ekya/device/device.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/profile/agreement.hpp"
#include "labellers.hpp"

namespace ekya {
namespace {

/// The classifier that labels are chosen for.
class CropStudent {
public:
    CropStudent(const LabelRequest& request, const std::string& id)
        : card_(request.store.model(request.stream.id, id)),
          model_(card_.architecture, request.store.weights_file(request.stream.id, id),
                 resolve_device(request.options.golden.device)) {}

    [[nodiscard]] const ModelCard& card() const { return card_; }
    [[nodiscard]] std::vector<double> confidence(const CropBatch& crops) {
        std::vector<double> confidence;
        for (const auto& prediction : model_.classify(crops)) {
            if (!std::isfinite(prediction.probability))
                throw InputError("model " + card_.id +
                                 " answers with a probability that is not finite");
            confidence.push_back(prediction.probability);
        }
        return confidence;
    }
    [[nodiscard]] Agreement agreement(const CropBatch& crops, const std::vector<Label>& labels) {
        CropBatch labelled;
        std::vector<double> weights;
        for (const auto& label : labels) {
            labelled.append(crops, static_cast<std::size_t>(label.crop));
            weights.push_back(label.weight);
        }
        std::vector<Grade> grades;
        if (!labels.empty())
            for (const auto& prediction : model_.classify(labelled)) {
                const auto& name =
                    card_.classes.at(static_cast<std::size_t>(prediction.class_index));
                grades.push_back({name == labels[grades.size()].class_name ? 1.0 : 0.0, 1, 1});
            }
        return agreement_of(card_.id, grades, weights);
    }

private:
    ModelCard card_;
    Classifier model_;
};

class CropLabeller : public WindowLabeller {
public:
    CropLabeller(const LabelRequest& request, WindowManifest manifest)
        : request_(request),
          manifest_(std::move(manifest)),
          crops_(request.store.crops(manifest_)),
          teacher_(crop_teacher(request)),
          filter_(request.stream.classes, request.options.class_map, request.options.min_score) {
        check_class_map(request.options.class_map, teacher_->classes(), request.all_classes);
        if (const auto id = student_id(request); !id.empty())
            student_ = ask_student(request, [&] {
                           return std::make_shared<CropStudent>(request, id);
                       }).value_or(nullptr);
    }

    std::size_t choose() override {
        const auto& o = request_.options;
        SampleOptions options{o.fraction, o.choice, o.uniform_part, o.seed, {}};
        const bool any_choice = o.fraction > 0 && o.fraction < 1;
        if (o.choice == SampleChoice::uncertain && any_choice && student_) {
            const auto confidence =
                ask_student(request_, [&] { return student_->confidence(crops_); });
            if (confidence)
                options.confidence = [confidence](const CropBatch&) { return *confidence; };
            else
                student_.reset();
        }
        for (const auto& c : choose_crops(manifest_, crops_, options)) {
            const auto& r = c.reference;
            queries_.push_back(
                {&manifest_.frames[r.frame], r.object, static_cast<std::size_t>(r.crop)});
            chosen_.emplace(r.crop, c);
        }
        return queries_.size();
    }

    std::size_t step() const override { return 16; }

    void label(std::size_t first, std::size_t count, LabelSet& set) override {
        const auto part = std::span(queries_).subspan(first, count);
        for (auto& answer : teacher_->ask(manifest_, crops_, part)) {
            answer.uniform = chosen_.at(answer.crop).uniform;
            answer.weight = chosen_.at(answer.crop).weight;
            if (auto label = filter_.take(std::move(answer)))
                set.labels.push_back(std::move(*label));
        }
    }

    void conclude(LabelSet& set) override {
        set.yield = filter_.yield();
        if (student_ && is_new_to(student_->card(), request_.window))
            set.agreement = student_->agreement(crops_, set.labels);
    }

private:
    const LabelRequest& request_;
    WindowManifest manifest_;
    CropBatch crops_;
    std::unique_ptr<CropTeacher> teacher_;
    LabelFilter filter_;
    std::shared_ptr<CropStudent> student_;  // none: no model serves
    std::vector<CropQuery> queries_;
    std::map<int, ChosenCrop> chosen_;  // by crop
};

}  // namespace

std::unique_ptr<WindowLabeller> crop_labeller(const LabelRequest& request,
                                              WindowManifest manifest) {
    return std::make_unique<CropLabeller>(request, std::move(manifest));
}

}  // namespace ekya
