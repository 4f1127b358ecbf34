# cpack (scripts/package.sh) makes the Debian package ekya from what cmake --install puts, without the
# component development: static libraries fit only the compiler and the libtorch that they were built with.
set(EKYA_PACKAGE_MAINTAINER "ekya maintainers <maintainers@ekya.example>" CACHE STRING "Who answers for the package")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ekya)
set(CPACK_PACKAGE_VENDOR ekya)
set(CPACK_PACKAGE_CONTACT "${EKYA_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageFiles.cmake)
set(CPACK_EKYA_SOURCE_DIR ${PROJECT_SOURCE_DIR})

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ekya)
set(CPACK_DEBIAN_RUNTIME_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "init-system-helpers (>= 1.52), systemd | systemd-standalone-sysusers | systemd-sysusers")
if(EKYA_WITH_TORCH)   # without it small convolutions are 3 to 10 times slower
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libopenblas0-pthread | libopenblas0")
endif()
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"One edge box with few GPUs, or none, watches many cameras with small neural
networks. ekya retrains the model of each camera on its own newest frames,
window after window, and decides which models to retrain, with which
hyperparameters, and how to split the device between all inference and
retraining, so that mean accuracy is as high as possible. No video leaves
the box. It is an implementation of Ekya (NSDI 2022).")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/package/conffiles "/etc/ekya/ekya-serve.toml\n/etc/ekya/ekya-window.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
  ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
  ${PROJECT_SOURCE_DIR}/packaging/debian/postrm
  ${CMAKE_BINARY_DIR}/package/conffiles)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA})
include(CPack)
