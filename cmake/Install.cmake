# cmake --install puts tools, scripts, headers, schemas and a package file that find_package(ekya) reads.
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY EKYA_MODULES)
get_property(tools GLOBAL PROPERTY EKYA_TOOLS)
install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${modules} EXPORT ekya ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT ekya NAMESPACE ekya:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya FILE ekya-targets.cmake)
install(DIRECTORY libekya/include/ekya DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY schemas/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/schemas)
install(PROGRAMS scripts/ekya-window.sh scripts/ekya-loop.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/scripts)
install(DIRECTORY scripts/lib DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/scripts)
configure_package_config_file(cmake/ekya-config.cmake.in ${CMAKE_BINARY_DIR}/ekya-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ekya-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ekya-config.cmake ${CMAKE_BINARY_DIR}/ekya-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya)
