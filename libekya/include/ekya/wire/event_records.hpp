// Records for people and programs beside the stages: events of a service, the state of a camera.
#pragma once
#include "ekya/core/camera_state.hpp"
#include "ekya/core/event.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

void describe(wire::Object<Event>& object);
void describe(wire::Enumeration<Event::Kind>& names);
void describe(wire::Object<CameraState>& object);

}  // namespace ekya
