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
if(NOT EKYA_NETWORKS_ONLY)
  pkg_check_modules(NCURSES IMPORTED_TARGET ncursesw)
  set(EKYA_WITH_TOP ${NCURSES_FOUND})
  find_package(prometheus-cpp CONFIG QUIET COMPONENTS core)
  pkg_check_modules(HTTPLIB IMPORTED_TARGET cpp-httplib)
  set(EKYA_WITH_METRICS OFF)
  if(prometheus-cpp_FOUND AND HTTPLIB_FOUND)
    set(EKYA_WITH_METRICS ON)
  endif()
  if(NOT EKYA_WITH_TOP)
    message(STATUS "ekya-top is left out: it needs ncurses (Debian: libncurses-dev)")
  endif()
  if(NOT EKYA_WITH_METRICS)
    message(STATUS "ekya-metrics is left out: it needs prometheus-cpp and cpp-httplib (Debian: prometheus-cpp-dev libcpp-httplib-dev)")
  endif()
endif()

if(EKYA_WITH_MQTT AND NOT TARGET PahoMqttCpp::paho-mqttpp3)
  find_package(PahoMqttCpp REQUIRED)
elseif(NOT EKYA_WITH_MQTT AND NOT EKYA_NETWORKS_ONLY)
  message(STATUS "ekya-mqtt is left out: no Paho MQTT for C++ (Debian: libpaho-mqttpp-dev)")
endif()

if(EKYA_WITH_PREVIEW AND NOT HTTPLIB_FOUND)
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
elseif(EKYA_WITH_VIDEO AND NOT EKYA_WITH_PREVIEW)
  message(STATUS "ekya-preview is left out: no cpp-httplib (Debian: libcpp-httplib-dev)")
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
