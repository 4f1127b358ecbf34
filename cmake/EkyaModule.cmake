# How every target of the project is compiled, and ekya_module(), which makes one library module.

add_library(ekya_flags INTERFACE)
target_compile_features(ekya_flags INTERFACE cxx_std_20)
target_compile_options(ekya_flags INTERFACE
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion>>
  # GCC 12 warns wrongly of overlapping strings in libstdc++ (its bug 105651)
  $<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>>)
if(EKYA_WARNINGS_AS_ERRORS)
  target_compile_options(ekya_flags INTERFACE $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Werror>>)
endif()
if(EKYA_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "EKYA_FUZZ needs clang and its libFuzzer: -DCMAKE_CXX_COMPILER=clang++")
  endif()
  if(NOT EKYA_SANITIZE)
    set(EKYA_SANITIZE address,undefined,float-cast-overflow)
  endif()
  # Coverage of all code; only the fuzz targets themselves are linked with libFuzzer's main().
  target_compile_options(ekya_flags INTERFACE $<BUILD_INTERFACE:-fsanitize=fuzzer-no-link>)
endif()
if(EKYA_SANITIZE)
  target_compile_options(ekya_flags INTERFACE
    $<BUILD_INTERFACE:-fsanitize=${EKYA_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>)
  target_link_options(ekya_flags INTERFACE $<BUILD_INTERFACE:-fsanitize=${EKYA_SANITIZE}>)
endif()

if(EKYA_HARDENING AND NOT EKYA_SANITIZE)
  include(cmake/Hardening.cmake)
  ekya_harden(ekya_flags)
endif()

set_property(GLOBAL PROPERTY EKYA_MODULES ekya_flags)

# ekya_module(NAME DEPENDS ekya::below... LINK third-party...): libekya/src/NAME/*.cpp and those one directory
# below, headers in libekya/include/ekya/NAME.
# Only the modules named under DEPENDS can be included: the arrows of the architecture are the link lines.
# With CUDA also libekya/src/NAME/cuda/*.cu, and without_cuda.cpp is left out; without it, what lies in cuda/.
function(ekya_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK;PRIVATE_LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/libekya/src/${name}/*.cpp
    ${PROJECT_SOURCE_DIR}/libekya/src/${name}/*/*.cpp)
  if(EKYA_WITH_CUDA)
    list(FILTER sources EXCLUDE REGEX "/without_cuda\\.cpp$")
    file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/libekya/src/${name}/cuda/*.cu)
    if(kernels)
      add_library(ekya_${name}_kernels OBJECT ${kernels})
      set_target_properties(ekya_${name}_kernels PROPERTIES CUDA_STANDARD 20)
      target_compile_options(ekya_${name}_kernels PRIVATE --expt-relaxed-constexpr)
      target_include_directories(ekya_${name}_kernels PRIVATE ${PROJECT_SOURCE_DIR}/libekya/include)
      list(APPEND sources $<TARGET_OBJECTS:ekya_${name}_kernels>)
    endif()
  else()
    list(FILTER sources EXCLUDE REGEX "/cuda/")
  endif()
  add_library(ekya_${name} STATIC ${sources})
  add_library(ekya::${name} ALIAS ekya_${name})
  set_target_properties(ekya_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(ekya_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libekya/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/libekya/src/${name})
  target_link_libraries(ekya_${name} PUBLIC ekya_flags ${arg_DEPENDS} ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  set_property(GLOBAL APPEND PROPERTY EKYA_MODULES ekya_${name})
endfunction()

# ekya_precompile(TARGET HEADER... | REUSE_FROM OTHER): with EKYA_PRECOMPILE its files are compiled behind these headers,
# which are read once. No file relies on that: the preset clang compiles without.
function(ekya_precompile target)
  if(NOT EKYA_PRECOMPILE)
    return()
  endif()
  if(ARGV1 STREQUAL REUSE_FROM)
    target_precompile_headers(${target} ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # ccache keeps files behind such headers with the first option alone. Behind them GCC 12 warns wrongly of
    # strings in libstdc++ (its bug 105651), as it does not where it sees them in a system header.
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endfunction()

# ekya_compile_together(TARGET HEADER): its files are compiled eight at a time, behind that header. libtorch's headers, and what a
# compiler makes of their inline functions, cost half a minute a file. Names in anonymous namespaces must differ between the files.
function(ekya_compile_together target header)
  if(EKYA_COMPILE_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8 UNITY_BUILD_CODE_BEFORE_INCLUDE "#include ${header}")
  else()
    target_precompile_headers(${target} PRIVATE ${header})
  endif()
endfunction()
