#pragma once
#include <map>
#include <string>

namespace ekya {

/// Schema name to its JSON text; written by cmake/EmbedSchemas.cmake from schemas/.
const std::map<std::string, const char*>& embedded_schemas();

}  // namespace ekya
