# libndispool.so: the NDIS 5.x packet API and the engine for programs. The rooms below host, whole: a program uses functions
# that nothing in the library itself calls. What is visible is marked so in include/; the rest is hidden.
set(objects)
set(rooms pool machine nt ndis monitor)
foreach(room ${rooms})
  get_target_property(kind ndispool_${room} TYPE)
  if(kind STREQUAL "STATIC_LIBRARY")
    list(APPEND objects $<TARGET_OBJECTS:ndispool_${room}>)
  endif()
endforeach()
if(NOT objects)
  return()
endif()

add_library(libndispool SHARED ${objects})
add_library(ndispool::ndispool ALIAS libndispool)
target_include_directories(libndispool INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(libndispool PRIVATE Threads::Threads)
target_link_options(libndispool PRIVATE
  -Wl,--as-needed # libm is not needed
  -Wl,-z,nodelete # what a thread has of a pool is given back when the thread ends, dlclose or not
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/library.map)
set_target_properties(libndispool PROPERTIES
  OUTPUT_NAME ndispool
  EXPORT_NAME ndispool
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/library.map)
