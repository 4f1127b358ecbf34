# Writes a C++ file holding every schema as a raw string: cmake -DOUTPUT=... -DSCHEMAS="a;b" -P EmbedSchemas.cmake
set(text "#include \"embedded_schemas.hpp\"\n\nnamespace ekya {\n\nconst std::map<std::string, const char*>& embedded_schemas() {\n    static const std::map<std::string, const char*> schemas{\n")
foreach(file IN LISTS SCHEMAS)
  get_filename_component(name ${file} NAME)
  # window.v1.schema.json describes "ekya.window/1"
  string(REGEX REPLACE "^(.*)\\.v([0-9]+)\\.schema\\.json$" "ekya.\\1/\\2" id ${name})
  file(READ ${file} content)
  string(APPEND text "        {\"${id}\", R\"schema(${content})schema\"},\n")
endforeach()
string(APPEND text "    };\n    return schemas;\n}\n\n}  // namespace ekya\n")
file(WRITE ${OUTPUT} "${text}")
