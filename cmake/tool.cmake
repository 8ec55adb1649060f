# The command. Its help is the manual pages beside its sources, and its executable exports the NDIS functions, which the
# imports of the driver files it loads bind to.
foreach(page general=ndispool run=run)
  string(REPLACE "=" ";" page ${page})
  list(GET page 0 variable)
  list(GET page 1 file)
  set(file ${PROJECT_SOURCE_DIR}/ndispool/tool/${file}.txt)
  file(READ ${file} ${variable}_help)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/ndispool/tool/help.h.in ${PROJECT_BINARY_DIR}/generated/ndispool/tool/help.h @ONLY)
target_include_directories(ndispool_tool PRIVATE ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(ndispool_tool PRIVATE NDISPOOL_VERSION="${PROJECT_VERSION}")

add_executable(ndispool ${PROJECT_SOURCE_DIR}/ndispool/tool/main.cpp)
target_link_libraries(ndispool PRIVATE ndispool_tool)
set_target_properties(ndispool PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
