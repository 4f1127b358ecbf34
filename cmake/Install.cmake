# cmake --install puts tools, scripts, manual pages, completion, schemas, documents and examples; for
# programs that use the library also headers, static libraries and a package file that
# find_package(ekya) reads (component development).
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY EKYA_MODULES)
get_property(tools GLOBAL PROPERTY EKYA_TOOLS)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME runtime)
install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY schemas/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/schemas)
install(PROGRAMS scripts/ekya-window.sh scripts/ekya-loop.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/scripts)
install(FILES scripts/lib/tools.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/ekya/scripts/lib)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.md)
install(DIRECTORY examples/systemd examples/worked-example examples/container DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
  USE_SOURCE_PERMISSIONS)

# Tools that cannot run on the machine that builds them have no pages.
if(NOT CMAKE_CROSSCOMPILING)
  list(JOIN tools " " EKYA_PAGE_TOOLS)
  set(EKYA_ZSH_DIR site-functions)
  configure_file(cmake/InstallPages.cmake.in ${CMAKE_BINARY_DIR}/InstallPages.cmake @ONLY)
  install(SCRIPT ${CMAKE_BINARY_DIR}/InstallPages.cmake)
endif()

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(TARGETS ${modules} EXPORT ekya ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT ekya NAMESPACE ekya:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya FILE ekya-targets.cmake)
install(DIRECTORY libekya/include/ekya DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/ekya-config.cmake.in ${CMAKE_BINARY_DIR}/ekya-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ekya-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ekya-config.cmake ${CMAKE_BINARY_DIR}/ekya-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ekya)
