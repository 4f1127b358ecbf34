#include "tasks.hpp"

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

const std::vector<const Task*>& tasks() {
    static const std::vector<const Task*> all{&classification(), &detection()};
    return all;
}

}  // namespace

const Task& task_named(const std::string& name) {
    for (const auto* task : tasks())
        if (task->name() == name) return *task;
    std::string message = "task: \"" + name + "\" is none of";
    for (const auto& known : task_names()) message += " " + known;
    throw DomainError(message);
}

std::vector<std::string> task_names() {
    std::vector<std::string> names;
    for (const auto* task : tasks()) names.push_back(task->name());
    return names;
}

std::unique_ptr<TaskModel> load_model(const Store& store, const std::string& stream,
                                      const std::string& model, const std::string& device) {
    const ModelCard card = store.model(stream, model);
    return task_of(card).load(card, store.weights_file(stream, model), device);
}

}  // namespace ekya
