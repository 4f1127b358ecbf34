#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/inference_event.hpp"
#include "ekya/core/job.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/core/replan.hpp"
#include "ekya/core/retraining_event.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/truth.hpp"
#include "ekya/core/window.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/keys.hpp"

namespace ekya {

/// A record type's schema and its two directions. encode() puts the schema's name in; decode()
/// checks it first.
template <typename Record> struct Schema;

#define EKYA_DECLARE_RECORD(Type, name)                    \
    template <> struct Schema<Type> {                      \
        static constexpr const char* id = name;            \
        static void write(Json& json, const Type& record); \
        static void read(const Json& json, Type& record);  \
    };

EKYA_DECLARE_RECORD(WindowManifest, "ekya.window/1")
EKYA_DECLARE_RECORD(LabelSet, "ekya.labels/1")
EKYA_DECLARE_RECORD(PlanningInput, "ekya.planning-input/1")
EKYA_DECLARE_RECORD(ProfileRecord, "ekya.profile/1")
EKYA_DECLARE_RECORD(Truth, "ekya.truth/1")
EKYA_DECLARE_RECORD(Plan, "ekya.plan/1")
EKYA_DECLARE_RECORD(RetrainingEvent, "ekya.retraining-event/1")
EKYA_DECLARE_RECORD(ModelCard, "ekya.model/1")
EKYA_DECLARE_RECORD(FrameHeader, "ekya.frame/1")
EKYA_DECLARE_RECORD(WindowEnd, "ekya.window-end/1")
EKYA_DECLARE_RECORD(FrameAnswer, "ekya.inference/1")
EKYA_DECLARE_RECORD(WindowAccuracy, "ekya.accuracy/1")
EKYA_DECLARE_RECORD(ControlRequest, "ekya.control/1")
EKYA_DECLARE_RECORD(ControlReply, "ekya.control-reply/1")
EKYA_DECLARE_RECORD(ReplanRequest, "ekya.replan/1")
EKYA_DECLARE_RECORD(ReplanReply, "ekya.replan-reply/1")
EKYA_DECLARE_RECORD(JobOrder, "ekya.job-order/1")
EKYA_DECLARE_RECORD(JobUse, "ekya.job-use/1")
EKYA_DECLARE_RECORD(JobRecord, "ekya.job/1")
EKYA_DECLARE_RECORD(InferenceEvent, "ekya.inference-event/1")
EKYA_DECLARE_RECORD(KeyPair, "ekya.key/1")

#undef EKYA_DECLARE_RECORD

template <typename Record> [[nodiscard]] Json encode(const Record& record) {
    Json json = Json::object();
    Schema<Record>::write(json, record);
    json["schema"] = Schema<Record>::id;
    return json;
}

/// @throws InputError "place: /pointer: ..." if the record does not follow its schema
template <typename Record> [[nodiscard]] Record decode(const Json& json, const std::string& place) {
    check_record(json, Schema<Record>::id, place);
    Record record;
    with_context(place, [&] { Schema<Record>::read(json, record); });
    return record;
}

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

[[nodiscard]] Json to_json_value(const RetrainingConfig& config);
[[nodiscard]] RetrainingConfig retraining_config_from(const Json& json);

}  // namespace ekya
