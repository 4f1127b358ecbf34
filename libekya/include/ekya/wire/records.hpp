// The records that stages hand to each other, and how they are read. Each is described once, in
// libekya/src/wire/describe_*.cpp.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/doctor_report.hpp"
#include "ekya/core/inference_event.hpp"
#include "ekya/core/job.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/core/progress.hpp"
#include "ekya/core/results.hpp"
#include "ekya/core/retraining_record.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/truth.hpp"
#include "ekya/core/window.hpp"
#include "ekya/wire/fields.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/keys.hpp"

namespace ekya {

// encode() and decode() of wire/fields.hpp take these, which have a schema of their own.
void describe(wire::Object<WindowManifest>& object);
void describe(wire::Object<LabelSet>& object);
void describe(wire::Object<PlanningInput>& object);
void describe(wire::Object<ProfileRecord>& object);
void describe(wire::Object<Truth>& object);
void describe(wire::Object<Plan>& object);
void describe(wire::Object<ModelCard>& object);
void describe(wire::Object<ServingRecord>& object);
void describe(wire::Object<RetrainingProgress>& object);
void describe(wire::Object<RetrainingRecord>& object);
void describe(wire::Object<FrameHeader>& object);
void describe(wire::Object<WindowEnd>& object);
void describe(wire::Object<FrameAnswer>& object);
void describe(wire::Object<WindowAccuracy>& object);
void describe(wire::Object<ControlRequest>& object);
void describe(wire::Object<ControlReply>& object);
void describe(wire::Object<InferenceEvent>& object);
void describe(wire::Object<JobOrder>& object);
void describe(wire::Object<JobUse>& object);
void describe(wire::Object<JobRecord>& object);
void describe(wire::Object<KeyPair>& object);
void describe(wire::Object<StreamList>& object);
void describe(wire::Object<ConfigList>& object);
void describe(wire::Object<Results>& object);
void describe(wire::Object<DoctorReport>& object);

// Parts of several of them.
void describe(wire::Enumeration<JobOrder::State>& names);
void describe(wire::Object<RetrainingStart>& object);
void describe(wire::Object<Box>& object);
void describe(wire::Object<RetrainingConfig>& object);
void describe(wire::Object<InferenceConfig>& object);
void describe(wire::Object<StreamPlan>& object);
void describe(wire::Object<ServedModel>& object);
void describe(wire::Object<Agreement>& object);

/// Reads a file that holds one record. @throws InputError with file and place
template <typename Record> [[nodiscard]] Record read_record(const std::filesystem::path& file);

/// Reads all records of JSON Lines. @throws InputError "name:line: ..."
template <typename Record>
[[nodiscard]] std::vector<Record> read_records(std::istream& in, const std::string& name) {
    std::vector<Record> records;
    JsonLines lines(in, name);
    while (auto json = lines.next()) records.push_back(decode<Record>(*json, lines.place()));
    return records;
}

[[nodiscard]] std::string read_text_for_record(const std::filesystem::path& file);

template <typename Record> Record read_record(const std::filesystem::path& file) {
    return decode<Record>(parse_json(read_text_for_record(file), file.string()), file.string());
}

}  // namespace ekya
