# Third-party packages. scripts/setup.sh installs all of them on Debian.
find_package(Threads REQUIRED)
if(NOT EKYA_NETWORKS_ONLY)
  find_package(PkgConfig REQUIRED)
  find_package(nlohmann_json 3.9 REQUIRED)
  find_package(CLI11 2.1 REQUIRED)
  find_package(spdlog REQUIRED)
  find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)   # its headers alone; the library is not linked
  find_package(PNG REQUIRED)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
endif()

if(EKYA_WITH_BOUND)
  pkg_check_modules(CLP REQUIRED IMPORTED_TARGET clp)
  if(EKYA_BUILD_TESTS)
    pkg_check_modules(CBC REQUIRED IMPORTED_TARGET cbc)
  endif()
endif()

# Each is needed by one tool, which is left out without it.
macro(ekya_tool_needs setting tool packages)   # LIBRARY...: found or not
  set(${setting} ON)
  foreach(library ${ARGN})
    if(NOT ${library}_FOUND)
      set(${setting} OFF)
    endif()
  endforeach()
  if(NOT ${setting})
    message(STATUS "${tool} is left out: it needs ${packages}")
  endif()
endmacro()
if(NOT EKYA_NETWORKS_ONLY)
  pkg_check_modules(NCURSES IMPORTED_TARGET ncursesw)
  pkg_check_modules(HTTPLIB IMPORTED_TARGET cpp-httplib)
  find_package(prometheus-cpp CONFIG QUIET COMPONENTS core)
  find_package(PahoMqttCpp QUIET)
  ekya_tool_needs(EKYA_WITH_TOP ekya-top "ncurses (Debian: libncurses-dev)" NCURSES)
  ekya_tool_needs(EKYA_WITH_METRICS ekya-metrics "prometheus-cpp and cpp-httplib (Debian: prometheus-cpp-dev libcpp-httplib-dev)"
    prometheus-cpp HTTPLIB)
  ekya_tool_needs(EKYA_WITH_MQTT ekya-mqtt "Paho MQTT for C++ (Debian: libpaho-mqttpp-dev)" PahoMqttCpp)
  set(video_FOUND ${EKYA_WITH_VIDEO})
  ekya_tool_needs(EKYA_WITH_PREVIEW ekya-preview "OpenCV, FFmpeg and cpp-httplib (Debian: libcpp-httplib-dev)" video HTTPLIB)
endif()

if(EKYA_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()

if(EKYA_WITH_VIDEO)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs video dnn)
  pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale libavdevice)
endif()

if(EKYA_WITH_TORCH)
  find_package(Torch REQUIRED)
  # An interface target without Torch's compile flags in CMAKE_CXX_FLAGS, and with its headers as system headers:
  # our warnings are about our code.
  add_library(ekya_torch INTERFACE)
  target_include_directories(ekya_torch SYSTEM INTERFACE $<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>)
  # PyPI's libtorch.so exports an incomplete std::filesystem; with the standard library before it, the complete one is found first.
  target_link_libraries(ekya_torch INTERFACE stdc++ ${TORCH_LIBRARIES})
  if(EKYA_WITH_CUDA)   # libraries that libtorch needs in turn are its own to find
    target_link_options(ekya_torch INTERFACE -Wl,--allow-shlib-undefined)
  endif()
  separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(ekya_torch INTERFACE $<BUILD_INTERFACE:${torch_flags}>)
  set_property(GLOBAL APPEND PROPERTY EKYA_MODULES ekya_torch)
endif()
