// How a store stands, as ekya-status, ekya-top and ekya-metrics show it.
#pragma once
#include "ekya/core/store_status.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

void describe(wire::Enumeration<ScoreStatus::Kind>& names);
void describe(wire::Object<ScoreStatus>& object);
void describe(wire::Object<LabelStatus>& object);
void describe(wire::Object<TrainingStatus>& object);
void describe(wire::Enumeration<RetrainingOutcome>& names);
void describe(wire::Object<LastTraining>& object);
void describe(wire::Enumeration<CameraStatus::State>& names);
void describe(wire::Object<CameraStatus>& object);
void describe(wire::Object<StoreHolder>& object);
void describe(wire::Enumeration<StoreStatus::Health>& names);
void describe(wire::Object<StoreStatus>& object);

}  // namespace ekya
