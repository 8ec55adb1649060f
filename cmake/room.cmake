# ndispool_room(NAME [LINKS room...] [LIBRARIES target...] [WITHOUT file...] [SANITIZED])
#
# A room is a folder ndispool/NAME, a namespace ndispool::NAME, a static library ndispool_NAME and a test label NAME.
# Beside each unit stand its siblings: unit_test.cpp goes into the room's one test program NAME_test; unit_bench.cpp and
# unit_fuzz.cpp are programs, and so are unit_search.cpp (searches executions on a model machine) and unit_soak.cpp (random
# work under load), which without arguments are tests. SANITIZED: the room's tests also run under the thread and address
# sanitizers; a search does not, it has a machine of its own.
# WITHOUT: files of the folder that this build leaves out.
# A room without sources yet is an empty target, so that the rooms above it can be built.
function(ndispool_room name)
  cmake_parse_arguments(ROOM "SANITIZED" "" "LINKS;LIBRARIES;WITHOUT" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/ndispool/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(TRANSFORM ROOM_WITHOUT PREPEND ${folder}/)
  list(REMOVE_ITEM sources ${ROOM_WITHOUT})
  foreach(kind test bench fuzz search soak)
    set(${kind}_sources ${sources})
    list(FILTER ${kind}_sources INCLUDE REGEX "_${kind}\\.cpp$")
  endforeach()
  list(FILTER sources EXCLUDE REGEX "(_(test|bench|fuzz|search|soak)|/main)\\.cpp$") # main.cpp: the program, cmake/tool.cmake
  list(TRANSFORM ROOM_LINKS PREPEND ndispool_)

  if(sources)
    add_library(ndispool_${name} STATIC ${sources})
    ndispool_precompile(ndispool_${name} room)
    set(scope PUBLIC)
  else()
    add_library(ndispool_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(ndispool_${name} ${scope} ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(ndispool_${name} ${scope} ${ROOM_LINKS} ${ROOM_LIBRARIES} Threads::Threads)

  if(NOT BUILD_TESTING)
    return()
  endif()
  if(test_sources)
    add_executable(${name}_test ${test_sources})
    target_link_libraries(${name}_test PRIVATE ndispool_${name} GTest::gtest_main)
    if(name STREQUAL "pool") # its fast path is inlined in programs: tested as they have it
      ndispool_compile_test(${name}_test -O1)
    else()
      ndispool_compile_test(${name}_test -O0)
    endif()
    # Driver files loaded by a test bind to it. No symbol: g++ takes a precompiled header only where the same ones are defined.
    set_target_properties(${name}_test PROPERTIES ENABLE_EXPORTS ON DEFINE_SYMBOL "")
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES LABELS ${name} TIMEOUT 300)
    if(ROOM_SANITIZED)
      ndispool_sanitized(${name} ${name}_test)
    endif()
  endif()
  foreach(source ${search_sources} ${soak_sources})
    get_filename_component(program ${source} NAME_WE)
    add_executable(${program} ${source})
    target_link_libraries(${program} PRIVATE ndispool_${name})
    if(source IN_LIST search_sources)
      target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O1>) # compiling more takes longer than it saves
    endif()
    # g++ 12 loses sight of loops over magazines of one descriptor, which models have.
    target_compile_options(${program} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
    add_test(NAME ${program} COMMAND ${program})
    set_tests_properties(${program} PROPERTIES LABELS ${name} TIMEOUT 300)
    if(ROOM_SANITIZED AND source IN_LIST soak_sources)
      ndispool_sanitized(${program} ${program})
    endif()
  endforeach()
  foreach(source ${bench_sources})
    ndispool_bench(${source} ndispool_${name})
  endforeach()
  foreach(source ${fuzz_sources})
    ndispool_fuzz(${source} ndispool_${name} ${name})
  endforeach()
endfunction()

# Compiling a test takes longer than running it, the longer the more it is optimised.
function(ndispool_compile_test target level)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release,Sanitized>:${level}>)
  ndispool_precompile(${target} test${level} <gtest/gtest.h>)
endfunction()

# The first target of a kind compiles cmake/precompiled.h and the headers given here; the others of its kind, which have the
# same flags, use the result. Only the sanitized presets and the tests of ./dev's release build do this: it hides that an
# #include is missing.
# With them g++ 12 warns of the standard library's own string code; the rooms themselves are compiled without, as a user does it.
function(ndispool_precompile target kind)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND kind STREQUAL "room")
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  get_property(first GLOBAL PROPERTY ndispool_precompiled_${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.h ${ARGN})
    set_property(GLOBAL PROPERTY ndispool_precompiled_${kind} ${target})
  endif()
endfunction()

# This test also runs in the presets asan and tsan, which build the target sanitized_tests only.
function(ndispool_sanitized test)
  set_property(TEST ${test} APPEND PROPERTY LABELS sanitized)
  if(NOT TARGET sanitized_tests)
    add_custom_target(sanitized_tests)
  endif()
  add_dependencies(sanitized_tests ${ARGN})
endfunction()

# A program bench/NAME in the build folder, run by bench/run; built by the target benches only.
function(ndispool_bench source)
  get_filename_component(program ${source} NAME_WE)
  add_executable(${program} EXCLUDE_FROM_ALL ${source})
  target_link_libraries(${program} PRIVATE ${ARGN} benchmark::benchmark)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  if(NOT TARGET benches)
    add_custom_target(benches)
  endif()
  add_dependencies(benches ${program})
endfunction()

# unit_fuzz.cpp defines LLVMFuzzerTestOneInput. In the preset fuzz it becomes a libFuzzer program fuzz/unit_fuzz; elsewhere a
# test that runs it over its corpus, the files of corpus/unit/ beside it. A VARIANT is a program unit_VARIANT_fuzz of its own
# over the same corpus.
function(ndispool_fuzz source library label)
  get_filename_component(program ${source} NAME_WE)
  get_filename_component(folder ${source} DIRECTORY)
  string(REGEX REPLACE "_fuzz$" "" unit ${program})
  if(ARGC GREATER 3)
    set(program ${unit}_${ARGV3}_fuzz)
  endif()
  add_executable(${program} ${source})
  target_link_libraries(${program} PRIVATE ${library})
  if(NDISPOOL_FUZZ)
    target_link_libraries(${program} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers ${program})
  else()
    if(NOT TARGET replay_main)
      add_library(replay_main STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/tools/replay_main.cpp)
    endif()
    target_link_libraries(${program} PRIVATE replay_main GTest::gtest) # g++: whose symbols the tests' precompiled header has
    ndispool_compile_test(${program} -O0)
    add_test(NAME ${program} COMMAND ${program} ${folder}/corpus/${unit})
    set_tests_properties(${program} PROPERTIES LABELS ${label} TIMEOUT 60)
    ndispool_sanitized(${program} ${program})
  endif()
endfunction()
