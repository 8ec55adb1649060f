# The command. Its manual pages are compiled into the tool room.
foreach(page ndispool run check pools top inspect report doctor)
  file(READ ${PROJECT_SOURCE_DIR}/ndispool/tool/${page}.txt ${page}_manual)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/ndispool/tool/${page}.txt)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/manual.cpp.in ${PROJECT_BINARY_DIR}/generated/manual.cpp @ONLY)
target_sources(ndispool_tool PRIVATE ${PROJECT_BINARY_DIR}/generated/manual.cpp)
target_compile_definitions(ndispool_tool PRIVATE NDISPOOL_LIBDIR="${CMAKE_INSTALL_LIBDIR}")

add_executable(ndispool ${PROJECT_SOURCE_DIR}/ndispool/tool/main.cpp)
target_link_libraries(ndispool PRIVATE ndispool_tool)
# Drivers find the plain door in the program: every function marked NDISAPI is exported, the rest is hidden.
set_target_properties(ndispool PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
