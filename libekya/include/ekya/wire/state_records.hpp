// Records by which programs that last say how they stand.
#pragma once
#include "ekya/core/live_state.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

void describe(wire::Enumeration<SourceState::State>& names);
void describe(wire::Object<SourceState>& object);
void describe(wire::Object<InferenceState>& object);
void describe(wire::Enumeration<RunCamera::Program>& names);
void describe(wire::Object<RunCamera>& object);
void describe(wire::Object<RunState>& object);

}  // namespace ekya
