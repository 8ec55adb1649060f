# What `cmake --install` puts under a prefix. Everything finds everything else relative to itself: the prefix can be moved.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE README.md CHANGES.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "*.txt" PATTERN "*.svg")
if(TARGET ndispool)
  install(TARGETS ndispool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(driver passthru ndisprot netvmini)
  if(TARGET driver_${driver})
    install(TARGETS driver_${driver} LIBRARY DESTINATION lib/ndispool/drivers) # where the command looks, from bin/ up
  endif()
endforeach()

if(NOT TARGET libndispool)
  return()
endif()
install(TARGETS libndispool EXPORT ndispoolTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ndispool)
install(EXPORT ndispoolTargets NAMESPACE ndispool:: DESTINATION ${cmake_folder} FILE ndispoolConfig.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ndispoolConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ndispoolConfigVersion.cmake DESTINATION ${cmake_folder})

set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH up /${pkgconfig_folder} /)
string(REGEX REPLACE "/$" "" up ${up})
foreach(package ndispool ndispool-driver)
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${package}.pc DESTINATION ${pkgconfig_folder})
endforeach()
