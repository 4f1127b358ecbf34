#pragma once
#include "ekya/learn/profiling.hpp"
#include "ekya/task/task.hpp"
#include "ekya/task/training_data.hpp"

namespace ekya {

/// First window that the stream's newest estimate before request.window still remembers; 0 = all.
[[nodiscard]] int remembered_from(const Store& store, const ProfilingRequest& request);

/// Fills an estimate whose accuracy is measured already with what the scheduler and a retraining
/// want to know beside costs and gains: scene, earlier models that could serve, drift, where a
/// retraining starts and which windows it forgets.
/// @param serving card of the model   @param unseen false: the model has learned from the
/// newest labels itself, so that nothing can be compared on them
/// @param newest data of the window before alone   @param first_fresh oldest window that a
/// retraining learns from in full
void describe_stream(const Store& store, const ProfilingRequest& request, const ModelCard& serving,
                     bool unseen, TaskModel& model, const TrainingData& newest, int first_fresh,
                     ProfileRecord& estimate);

/// On drift, what retraining usually brings is less than what it will bring now.
[[nodiscard]] Experience after_drift(Experience experience, const ProfileRecord& estimate);

}  // namespace ekya
