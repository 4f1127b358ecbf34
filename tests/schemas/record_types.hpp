// All records of the wire module, for what is done with each of them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/wire/event_records.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/state_records.hpp"
#include "ekya/wire/status_records.hpp"

namespace ekya::test {

struct RecordType {
    std::string id;
    std::function<wire::SchemaJson()> schema;
    std::function<Json(const Json&)> again;  ///< reads a record and writes it
};

template <typename... Records> std::vector<RecordType> types_of() {
    return {
        RecordType{wire::description_of<Records>().id(), [] { return schema_of<Records>(); },
                   [](const Json& json) { return encode(decode<Records>(json, "example")); }}...};
}

inline std::vector<RecordType> wire_record_types() {
    return types_of<WindowManifest, LabelSet, PlanningInput, ProfileRecord, Truth, Plan, ModelCard,
                    ServingRecord, RetrainingProgress, RetrainingRecord, FrameHeader, WindowEnd,
                    FrameAnswer, WindowAccuracy, ControlRequest, ControlReply, InferenceEvent,
                    JobOrder, JobUse, JobRecord, KeyPair, StreamList, ConfigList, Results,
                    DoctorReport, SourceState, InferenceState, RunState, StoreStatus, Event,
                    CameraState>();
}

}  // namespace ekya::test
