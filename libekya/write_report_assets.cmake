# Writes OUT, a C++ file with the bytes of SOURCES (style.css; page.js) and DYGRAPHS (js; css), which
# may be empty. References to source maps go: a browser would ask for them.
function(add_asset name file)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(APPEND "${OUT}" "static const unsigned char ${name}_bytes[] = {${bytes}0};\n"
    "std::string_view ${name}() {\n    return {reinterpret_cast<const char*>(${name}_bytes), sizeof ${name}_bytes - 1};\n}\n")
endfunction()

file(WRITE "${OUT}" "#include \"assets.hpp\"\n\nnamespace ekya::report::assets {\n")
list(GET SOURCES 0 style)
list(GET SOURCES 1 script)
add_asset(style "${style}")
add_asset(script "${script}")
if(DYGRAPHS)
  list(GET DYGRAPHS 0 script)
  list(GET DYGRAPHS 1 style)
  add_asset(dygraphs_script "${script}")
  add_asset(dygraphs_style "${style}")
else()
  file(APPEND "${OUT}" "std::string_view dygraphs_script() { return {}; }\nstd::string_view dygraphs_style() { return {}; }\n")
endif()
file(APPEND "${OUT}" "}  // namespace ekya::report::assets\n")
