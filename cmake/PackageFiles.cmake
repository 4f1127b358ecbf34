# Run by cpack on the tree that becomes the Debian package: what has its place in Debian alone.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/runtime")
set(source "${CPACK_EKYA_SOURCE_DIR}")
set(doc "${root}/usr/share/doc/ekya")

# compress(FILE): as Debian's policy wants it.
function(compress file)
  execute_process(COMMAND gzip -9nf "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(tool serve window)
  file(COPY "${source}/examples/systemd/ekya-${tool}.toml" DESTINATION "${root}/etc/ekya")
  file(COPY "${source}/examples/systemd/ekya-${tool}.service" DESTINATION "${root}/usr/lib/systemd/system")
endforeach()
file(COPY "${source}/examples/systemd/ekya-window.timer" DESTINATION "${root}/usr/lib/systemd/system")
file(MAKE_DIRECTORY "${root}/usr/lib/sysusers.d" "${root}/usr/lib/tmpfiles.d")
file(COPY_FILE "${source}/packaging/ekya.sysusers" "${root}/usr/lib/sysusers.d/ekya.conf")
file(COPY_FILE "${source}/packaging/ekya.tmpfiles" "${root}/usr/lib/tmpfiles.d/ekya.conf")
file(MAKE_DIRECTORY "${root}/usr/share/lintian/overrides")
file(COPY_FILE "${source}/packaging/debian/lintian-overrides" "${root}/usr/share/lintian/overrides/ekya")
file(COPY "${source}/packaging/debian/copyright" DESTINATION "${doc}")

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog.Debian"
  "ekya (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) bookworm; urgency=medium\n\n"
  "  * Release ${CPACK_PACKAGE_VERSION}; what is new is in changelog.gz.\n\n"
  " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
file(COPY_FILE "${source}/CHANGELOG.md" "${doc}/changelog")
file(GLOB pages "${root}/usr/share/man/man1/*.1")
foreach(page "${doc}/changelog" "${doc}/changelog.Debian" ${pages})
  compress("${page}")
endforeach()
# zsh of Debian looks for packages' functions here.
file(RENAME "${root}/usr/share/zsh/site-functions" "${root}/usr/share/zsh/vendor-completions")

# Whatever the umask of who builds it.
execute_process(COMMAND chmod -R u=rwX,go=rX "${root}" COMMAND_ERROR_IS_FATAL ANY)
