#include <doctest/doctest.h>

#include <map>
#include <set>

#include "ekya/core/errors.hpp"
#include "ekya/task/training_data.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

const LabelledCrops& crops_of(const std::shared_ptr<Samples>& samples) {
    return dynamic_cast<const LabelledCrops&>(*samples);
}

std::vector<std::string> many(const std::string& name, std::size_t count) {
    return std::vector<std::string>(count, name);
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TrainingDataRequest request_of(std::vector<int> fresh, int memory_before = 0) {
    TrainingDataRequest request;
    request.stream = "a";
    request.classes = {"car", "pedestrian", "sign"};
    request.fresh_windows = std::move(fresh);
    request.memory_before = memory_before;
    return request;
}

std::map<int, int> per_class(const std::shared_ptr<Samples>& samples) {
    const auto& crops = crops_of(samples);
    std::map<int, int> counts;
    for (const int label : crops.labels) ++counts[label];
    return counts;
}

/// Window and crop of each, from the pixels.
std::set<int> marks(const std::shared_ptr<Samples>& samples) {
    const auto& crops = crops_of(samples);
    std::set<int> found;
    for (std::size_t i = 0; i < crops.count(); ++i) found.insert(crops.crops.crop(i)[0]);
    return found;
}

}  // namespace

TEST_CASE(
    "load_training_data: every fresh label once, in training or held out, with its own pixels") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("car", 20) + many("pedestrian", 10));
    store_window(store, "a", 1, many("pedestrian", 5) + many("sign", 5));
    const auto data = load_training_data(store, request_of({0, 1}));
    CHECK(data.fresh->count() == 32);
    CHECK(data.held_out->count() == 8);  // a fifth of 40
    CHECK(data.exemplars->empty());
    CHECK(data.windows == std::vector<int>{0, 1});
    CHECK(data.unknown == 0);
    auto all = marks(data.fresh);
    const auto held_out = marks(data.held_out);
    CHECK(all.size() == 32);
    CHECK(held_out.size() == 8);
    for (const int m : held_out) CHECK(all.insert(m).second);  // disjoint
    CHECK(all.size() == 40);
    for (const auto* part : {&crops_of(data.fresh), &crops_of(data.held_out)}) {
        CHECK(part->crops.size == crop_side);
        CHECK(part->crops.count() == part->count());
        for (std::size_t i = 0; i < part->count(); ++i) {
            const int m = part->crops.crop(i)[0], window = m / 64, crop = m % 64;
            const int expected = window == 0 ? (crop < 20 ? 0 : 1) : (crop < 5 ? 1 : 2);
            CHECK(part->labels[i] == expected);
        }
    }
}

TEST_CASE(
    "load_training_data: the held-out part has the class mix of the rest; a single label is "
    "trained on") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("car", 40) + many("pedestrian", 10) + many("sign", 1));
    const auto data = load_training_data(store, request_of({0}));
    CHECK(per_class(data.held_out) == std::map<int, int>{{0, 8}, {1, 2}});
    CHECK(per_class(data.fresh) == std::map<int, int>{{0, 32}, {1, 8}, {2, 1}});

    auto request = request_of({0});
    request.held_out = 0;
    CHECK(load_training_data(store, request).held_out->empty());
    CHECK(load_training_data(store, request).fresh->count() == 51);
    request.held_out = 0.99;  // one of each class stays
    CHECK(per_class(load_training_data(store, request).fresh) ==
          std::map<int, int>{{0, 1}, {1, 1}, {2, 1}});
}

TEST_CASE("load_training_data: exemplars are class-balanced, so that rare classes are kept") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("car", 40) + many("sign", 2));
    store_window(store, "a", 1, many("car", 20) + many("pedestrian", 8));
    store_window(store, "a", 2, many("car", 10));
    auto request = request_of({2}, 2);
    request.exemplars = 12;
    const auto data = load_training_data(store, request);
    CHECK(per_class(data.exemplars) == std::map<int, int>{{0, 5}, {1, 5}, {2, 2}});
    CHECK(data.windows == std::vector<int>{0, 1, 2});
    CHECK(marks(data.exemplars).size() == 12);  // none twice
    for (const int m : marks(data.exemplars)) CHECK(m / 64 < 2);

    request.exemplars = 600;  // more than there are
    CHECK(load_training_data(store, request).exemplars->count() == 70);
    request.exemplars = 0;
    CHECK(load_training_data(store, request).exemplars->empty());
    request.exemplars = 2;
    CHECK(load_training_data(store, request).exemplars->count() == 2);
}

TEST_CASE("load_training_data: memory_before limits the memory; fresh windows are no memory") {
    const Scratch scratch;
    const Store store(scratch.path());
    for (int window = 0; window < 4; ++window) store_window(store, "a", window, many("car", 4));
    CHECK(load_training_data(store, request_of({3}, 0)).exemplars->empty());
    CHECK(load_training_data(store, request_of({3}, 2)).exemplars->count() == 8);
    CHECK(load_training_data(store, request_of({3}, 4)).exemplars->count() == 12);
    CHECK(load_training_data(store, request_of({1, 3}, 4)).exemplars->count() == 8);
}

TEST_CASE(
    "load_training_data: other streams' windows stay out; earlier ones without labels are passed "
    "over") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "b", 0, many("car", 4));
    store.write_window(manifest_of("a", 1, 4), crops_of(4, 1));  // never labelled
    store_window(store, "a", 2, many("car", 4));
    const auto data = load_training_data(store, request_of({2}, 2));
    CHECK(data.exemplars->empty());
    CHECK(data.windows == std::vector<int>{2});
}

TEST_CASE("load_training_data: unknown classes are left out and counted, the memory's too") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("tram", 2) + many("car", 4));
    store_window(store, "a", 1, many("car", 4) + many("tram", 3));
    CHECK(load_training_data(store, request_of({1})).unknown == 3);
    const auto data = load_training_data(store, request_of({1}, 1));
    CHECK(data.unknown == 5);
    CHECK(data.fresh->count() + data.held_out->count() == 4);
    CHECK(data.exemplars->count() == 4);
}

TEST_CASE("load_training_data: the same seed gives the same data, another seed another part") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("car", 60));
    store_window(store, "a", 1, many("car", 60));
    auto request = request_of({1}, 1);
    request.exemplars = 20;
    const auto once = load_training_data(store, request),
               twice = load_training_data(store, request);
    CHECK(crops_of(once.fresh).crops.rgb == crops_of(twice.fresh).crops.rgb);
    CHECK(crops_of(once.held_out).crops.rgb == crops_of(twice.held_out).crops.rgb);
    CHECK(crops_of(once.exemplars).crops.rgb == crops_of(twice.exemplars).crops.rgb);
    request.seed = 2;
    const auto other = load_training_data(store, request);
    CHECK(marks(other.held_out) != marks(once.held_out));
    CHECK(marks(other.exemplars) != marks(once.exemplars));
}

TEST_CASE("load_training_data: a label beyond the stored crops is refused with both numbers") {
    const Scratch scratch;
    const Store store(scratch.path());
    store.write_window(manifest_of("a", 0, 2), crops_of(2));
    store.write_labels(labels_of("a", 0, many("car", 3)));
    const auto message =
        message_of<InputError>([&] { (void)load_training_data(store, request_of({0})); });
    CHECK(contains(message, "labels.json: crop 2 is labelled, the window holds 2"));
}

TEST_CASE(
    "load_training_data: fresh windows that are missing, unlabelled or damaged -> InputError") {
    const Scratch scratch;
    const Store store(scratch.path());
    CHECK_THROWS_AS((void)load_training_data(store, request_of({0})), InputError);
    store.write_window(manifest_of("a", 0, 2), crops_of(2));
    CHECK(
        contains(message_of<InputError>([&] { (void)load_training_data(store, request_of({0})); }),
                 "labels.json"));
    store.write_labels(labels_of("a", 0, many("car", 2)));
    CHECK_NOTHROW((void)load_training_data(store, request_of({0})));
    write(store.window_directory("a", 0) / "crops.png", "damaged");
    CHECK(
        contains(message_of<InputError>([&] { (void)load_training_data(store, request_of({0})); }),
                 "crops.png"));
}

TEST_CASE("load_training_data: windows with crops of different sizes do not mix") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, many("car", 4));
    auto manifest = manifest_of("a", 1, 4);
    manifest.crop_size = 8;
    store.write_window(manifest, crops_of(4, 1, 8));
    store.write_labels(labels_of("a", 1, many("car", 4)));
    const auto message = message_of<InputError>([&] {
        (void)load_training_data(store, request_of({0, 1}));
    });
    CHECK(contains(message, "crops of 8 pixels, other windows have 4"));
}

TEST_CASE("load_training_data: nothing asked for, nothing given") {
    const Scratch scratch;
    const auto data = load_training_data(Store(scratch.path()), request_of({}));
    CHECK(data.fresh->empty());
    CHECK(data.held_out->empty());
    CHECK(data.windows.empty());
}

TEST_CASE(
    "windows_new_to: labelled windows that a model has not learned from, the last one in any "
    "case") {
    const Scratch scratch;
    const Store store(scratch.path());
    for (const int window : {0, 1, 2, 4, 5}) store_window(store, "a", window, many("car", 4));
    store.write_window(manifest_of("a", 3, 4), crops_of(4, 3));  // without labels
    auto card = card_of("a", "base");
    card.data_windows = {0, 1};
    const auto newest = [&](int before, int most) {
        return windows_new_to(card, store, "a", before, most);
    };
    CHECK(newest(6, 1) == std::vector{5});
    CHECK(newest(6, 3) == std::vector{4, 5});
    CHECK(newest(6, 100) == std::vector{2, 4, 5});
    CHECK(newest(4, 2) == std::vector{2, 3});
    CHECK(newest(9, 4) == std::vector{5, 8});  // the loader says what is missing
    card.data_windows = {0, 1, 5};
    CHECK(newest(6, 100) == std::vector{5});  // it has seen that, too; nothing else is newer
    card.data_windows = {0, 4};
    CHECK(newest(6, 100) == std::vector{5});  // 2 may be known to its parent
    CHECK_THROWS_AS((void)newest(6, 0), DomainError);
}

TEST_CASE("objects_without_label: what only the other store knows, with its own pixels") {
    const Scratch scratch, other;
    const Store store(scratch.path()), truth(other.path());
    store_window(store, "a", 0, many("car", 6) + many("sign", 4));
    store_window(truth, "a", 0, many("car", 6) + many("sign", 4));
    const std::vector<std::string> classes{"car", "pedestrian", "sign"};
    CHECK(objects_without_label(store, truth, "a", classes, 0)->empty());
    auto labels = store.labels("a", 0);
    std::erase_if(labels.labels,
                  [](const auto& label) { return label.crop == 2 || label.crop == 7; });
    store.write_labels(labels);
    const auto objects = objects_without_label(store, truth, "a", classes, 0);
    CHECK(marks(objects) == std::set<int>{2, 7});
    CHECK(per_class(objects) == std::map<int, int>{{0, 1}, {2, 1}});
    CHECK_THROWS_AS((void)objects_without_label(store, truth, "a", classes, 1), InputError);
}
