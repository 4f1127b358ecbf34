# What the page of a report has inlined: style.css and page.js of libekya/src/report, and Debian's
# dygraphs (libjs-dygraphs). Without dygraphs the page has its pictures alone.
find_file(EKYA_DYGRAPHS_JS dygraph.min.js PATHS /usr/share/javascript/dygraphs)
find_file(EKYA_DYGRAPHS_CSS dygraph.min.css PATHS /usr/share/javascript/dygraphs)
if(EKYA_DYGRAPHS_JS AND EKYA_DYGRAPHS_CSS)
  set(report_dygraphs ${EKYA_DYGRAPHS_JS} ${EKYA_DYGRAPHS_CSS})
else()
  message(STATUS "No dygraphs (libjs-dygraphs): pages of ekya-report will have no interactive plots")
endif()
set(report_sources ${CMAKE_CURRENT_SOURCE_DIR}/src/report/style.css
  ${CMAKE_CURRENT_SOURCE_DIR}/src/report/page.js)
set(report_assets ${CMAKE_CURRENT_BINARY_DIR}/report_assets.cpp)
add_custom_command(OUTPUT ${report_assets}
  COMMAND ${CMAKE_COMMAND} "-DOUT=${report_assets}" "-DSOURCES=${report_sources}"
    "-DDYGRAPHS=${report_dygraphs}" -P ${CMAKE_CURRENT_SOURCE_DIR}/write_report_assets.cmake
  DEPENDS ${report_sources} ${report_dygraphs} ${CMAKE_CURRENT_SOURCE_DIR}/write_report_assets.cmake
  VERBATIM COMMENT "Inlining the assets of reports")
target_sources(ekya_report PRIVATE ${report_assets})
