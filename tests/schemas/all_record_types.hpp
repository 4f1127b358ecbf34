// All records of the project: those of the wire module and those described above it.
#pragma once
#include <utility>
#include <vector>

#include "ekya/simulate/simulation_record.hpp"
#include "ekya/window/journal.hpp"
#include "record_types.hpp"

namespace ekya::test {

inline std::vector<RecordType> all_record_types() {
    auto types = wire_record_types();
    for (auto& type : types_of<WindowEvent, SimulationRecord, CapacityRecord>())
        types.push_back(std::move(type));
    return types;
}

}  // namespace ekya::test
