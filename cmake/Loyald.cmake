# SPDX-License-Identifier: Apache-2.0
#
# Targets with a layer. A module is one folder (agent/engine, drivers/port, sync/central, ...) and one target of that
# folder's name. It may depend on lower layers only; its #includes are read at configure time and may name only its own
# folder and the folders of what it depends on, directly or through those. A PURE module may include none but the
# system headers listed here: memory, strings, integers, and libraries of nothing else.
# Anything else stops the configure step with the place.

set(LOYALD_PURE_HEADERS assert.h ctype.h inttypes.h limits.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdlib.h
    stdnoreturn.h string.h cjson/cJSON.h zlib.h)
# The pure part of base: what a PURE module may use of it.
set(LOYALD_PURE_BASE errmsg base64 hex int_math wide json json_pool json_writer money status strbuf utf8 sha256 bytes civil_time signers plural)

define_property(TARGET PROPERTY LOYALD_LAYER BRIEF_DOCS "layer of the module")
define_property(TARGET PROPERTY LOYALD_DIR BRIEF_DOCS "folder of the module, from the root")
define_property(TARGET PROPERTY LOYALD_REACH BRIEF_DOCS "folders its sources may include from")

function(_loyald_check_includes name pure reach)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.[ch]")
  foreach(file IN LISTS files)
    file(RELATIVE_PATH shown "${CMAKE_SOURCE_DIR}" "${file}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(STRINGS "${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]")
    foreach(line IN LISTS includes)
      if(line MATCHES "include[ \t]+\"([^\"]+)\"")
        set(path "${CMAKE_MATCH_1}")
        get_filename_component(folder "${path}" DIRECTORY)
        if(NOT folder IN_LIST reach)
          message(FATAL_ERROR "layer check: ${shown} includes \"${path}\", but ${name} may include from: ${reach}")
        endif()
        get_filename_component(stem "${path}" NAME_WE)
        if(pure AND folder STREQUAL "agent/base" AND NOT stem IN_LIST LOYALD_PURE_BASE)
          message(FATAL_ERROR "layer check: ${shown} includes \"${path}\", but ${name} is PURE and may use of base "
                              "only: ${LOYALD_PURE_BASE}")
        endif()
      elseif(pure AND line MATCHES "include[ \t]+<([^>]+)>" AND NOT CMAKE_MATCH_1 IN_LIST LOYALD_PURE_HEADERS)
        message(FATAL_ERROR "layer check: ${shown} includes <${CMAKE_MATCH_1}>, but ${name} is PURE and may include "
                            "only: ${LOYALD_PURE_HEADERS}")
      endif()
    endforeach()
  endforeach()
endfunction()

# loyald_module(NAME LAYER n [PURE] [PROGRAM file] SOURCES ... [DEPENDS modules] [LIBS libraries])
# SOURCES make the static library NAME. PROGRAM names an executable made of PROGRAM_SOURCES on top of it.
function(loyald_module name)
  cmake_parse_arguments(arg "PURE" "LAYER;PROGRAM" "SOURCES;PROGRAM_SOURCES;DEPENDS;LIBS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS OR NOT DEFINED arg_LAYER)
    message(FATAL_ERROR "loyald_module(${name}): wants LAYER n, unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  file(RELATIVE_PATH dir "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(reach "${dir}")
  foreach(lower IN LISTS arg_DEPENDS)
    if(NOT TARGET ${lower})
      message(FATAL_ERROR "layer check: ${name} depends on ${lower}, which is no module yet: lower layers come first")
    endif()
    get_target_property(layer ${lower} LOYALD_LAYER)
    if(NOT layer LESS arg_LAYER)
      message(FATAL_ERROR "layer check: ${name} (layer ${arg_LAYER}) depends on ${lower} (layer ${layer}): "
                          "a module depends on lower layers only")
    endif()
    get_target_property(more ${lower} LOYALD_REACH)
    list(APPEND reach ${more})
  endforeach()
  list(REMOVE_DUPLICATES reach)
  _loyald_check_includes(${name} "${arg_PURE}" "${reach}")

  add_library(${name} STATIC ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME "loyald_${name}" LOYALD_LAYER ${arg_LAYER} LOYALD_DIR "${dir}"
                                           LOYALD_REACH "${reach}")
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  if(CMAKE_SIZEOF_VOID_P EQUAL 4) # else a folder of a large disk cannot be read: its inodes have 64 bits
    target_compile_definitions(${name} PUBLIC _FILE_OFFSET_BITS=64)
  endif()
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} ${arg_LIBS})

  if(arg_PROGRAM)
    add_executable(${arg_PROGRAM} ${arg_PROGRAM_SOURCES})
    target_compile_definitions(${arg_PROGRAM} PRIVATE _GNU_SOURCE)
    target_link_libraries(${arg_PROGRAM} PRIVATE ${name})
    set_target_properties(${arg_PROGRAM} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
    install(TARGETS ${arg_PROGRAM} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()

# The siblings of the style page: the same thing, named after the top folder it lives in.
macro(agent_library)
  loyald_module(${ARGN})
endmacro()
macro(driver_library)
  loyald_module(${ARGN})
endmacro()
macro(sync_library)
  loyald_module(${ARGN})
endmacro()

# loyald_sql(target folder): embeds the *.sql of a folder of schema/, in name order, as a table of migrations.
function(loyald_sql target folder)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.sql")
  list(SORT files)
  string(REPLACE "/" "_" symbol "${folder}")
  set(out "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c")
  set(text "/* Made from ${folder} at configure time: a table of numbered migrations. */\n")
  string(APPEND text "#include \"agent/base/embedded.h\"\nconst struct embedded_file ${symbol}[] = {\n")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    get_filename_component(base "${file}" NAME)
    file(READ "${file}" sql)
    string(REPLACE "\\" "\\\\" sql "${sql}")
    string(REPLACE "\"" "\\\"" sql "${sql}")
    string(REPLACE "\n" "\\n\"\n\"" sql "${sql}")
    string(APPEND text "{\"${base}\",\n\"${sql}\"},\n")
  endforeach()
  string(APPEND text "{0, 0}};\n")
  file(GENERATE OUTPUT "${out}" CONTENT "${text}")
  target_sources(${target} PRIVATE "${out}")
endfunction()

# loyald_squeeze(text out): takes out of a page's CSS or JavaScript the comments, the indentation and the blanks around
# operators, and the ends of lines that end in a sign, so each statement has its semicolon. It knows no strings: none
# may hold an operator, a comma or a colon before a blank.
function(loyald_squeeze text out)
  if(text MATCHES "[^\n]*[}] [$][{][^\n]*")
    message(FATAL_ERROR "A blank between two values of a template would be lost; add them up with + ' ' +: ${CMAKE_MATCH_0}")
  endif()
  string(REGEX REPLACE "\n +" "\n" text "\n${text}")
  string(REGEX REPLACE "\n//[^\n]*" "" text "${text}")
  string(REGEX REPLACE " // [^\n]*\n" "\n" text "${text}")
  string(REGEX REPLACE "/[*] [^*]* [*]/" "" text "${text}")
  string(REGEX REPLACE " ([-=!<>&|?+:%*]+) " "\\1" text "${text}")
  string(REGEX REPLACE "([,;:]) " "\\1" text "${text}")
  string(REGEX REPLACE " ?([{}]) ?" "\\1" text "${text}")
  string(REGEX REPLACE " ([=<>&|?+:]+)\n" "\\1\n" text "${text}")
  string(REGEX REPLACE "([^A-Za-z0-9_])\n+" "\\1" text "${text}")
  string(REGEX REPLACE "(if|for|catch|return|async|const) ([[(])" "\\1\\2" text "${text}")
  string(REGEX REPLACE "[)] ([A-Za-z])" ")\\1" text "${text}")
  string(REPLACE ";}" "}" text "${text}")
  string(REGEX REPLACE "^\n" "" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# loyald_embed(target symbol file...): embeds text files as a table, by their names, in the order given.
function(loyald_embed target symbol)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c")
  set(table "/* Made at configure time. */\n#include \"agent/base/embedded.h\"\n")
  string(APPEND table "const struct embedded_file ${symbol}[] = {\n")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    get_filename_component(base "${file}" NAME)
    file(READ "${file}" text)
    loyald_squeeze("${text}" text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "?" "\\?" text "${text}") # two of them would begin a trigraph
    string(REPLACE "\n" "\\n\"\n\"" text "${text}")
    string(APPEND table "{\"${base}\",\n\"${text}\"},\n")
  endforeach()
  string(APPEND table "{0, 0}};\n")
  file(CONFIGURE OUTPUT "${out}" CONTENT "@table@" @ONLY)
  target_sources(${target} PRIVATE "${out}")
endfunction()

# loyald_examples_test(NAME): that test, which takes messages of the first release (tests/skew/shape.h), once more with today's
# examples in schema/wire.
function(loyald_examples_test name)
  add_test(NAME ${name}_examples COMMAND ${name} --jobs 1)
  set_tests_properties(${name}_examples PROPERTIES TIMEOUT 120 FAIL_REGULAR_EXPRESSION "Sanitizer:|runtime error:"
                       ENVIRONMENT LOYALD_EXAMPLES=schema/wire LABELS unit)
endfunction()

# loyald_test(NAME SOURCES ... DEPENDS ... [LABELS ...]): a Criterion program and its ctest entry. Criterion 2.4 ends
# with 0 on leaks, so the words of the sanitizers fail the entry too.
function(loyald_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LIBS;LABELS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE LOYALD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             LOYALD_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LIBS} PkgConfig::CRITERION)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name} --jobs 1)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} FAIL_REGULAR_EXPRESSION "Sanitizer:|runtime error:"
                       LABELS "${arg_LABELS}" ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# loyald_fuzz(NAME SOURCE file... CORPUS folder DEPENDS ...): the fuzz target. With LOYALD_FUZZ it is a libFuzzer program;
# always it is also built with a plain main that replays the corpus, which is what ctest runs.
function(loyald_fuzz name)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCE;DEPENDS;LIBS" ${ARGN})
  add_executable(${name}_replay ${arg_SOURCE} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c")
  target_compile_definitions(${name}_replay PRIVATE _GNU_SOURCE)
  target_link_libraries(${name}_replay PRIVATE ${arg_DEPENDS} ${arg_LIBS})
  set_target_properties(${name}_replay PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name}_replay "${CMAKE_SOURCE_DIR}/${arg_CORPUS}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 FAIL_REGULAR_EXPRESSION "Sanitizer:|runtime error:" LABELS fuzz)
  if(LOYALD_FUZZ)
    add_executable(${name} ${arg_SOURCE})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LIBS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  endif()
endfunction()

# The version that --version prints, for base alone.
configure_file("${CMAKE_SOURCE_DIR}/cmake/version.h.in" "${CMAKE_BINARY_DIR}/generated/loyald_version.h" @ONLY)
