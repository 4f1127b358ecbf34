#include "ekya/wire/planning_records.hpp"

#include "ekya/wire/records.hpp"

namespace ekya {

PlanningRecords read_planning_records(std::istream& in, const std::string& name) {
    PlanningRecords records;
    JsonLines lines(in, name);
    while (const auto json = lines.next()) {
        const auto schema = json->is_object() ? json->value("schema", Json()) : Json();
        if (schema == wire::description_of<ProfileRecord>().id()) {
            records.profiles.push_back(decode<ProfileRecord>(*json, lines.place()));
            records.inputs.push_back(planning_input(records.profiles.back()));
        } else if (schema == wire::description_of<Truth>().id()) {
            records.truths.push_back(decode<Truth>(*json, lines.place()));
            records.inputs.push_back(planning_input(records.truths.back()));
        } else {
            records.inputs.push_back(decode<PlanningInput>(*json, lines.place()));
        }
    }
    return records;
}

}  // namespace ekya
