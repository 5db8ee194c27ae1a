# SPDX-License-Identifier: Apache-2.0
# One torture with each mutant in place of the driver (printer_mutants.txt): ctest -R printer_mutant
function(printer_mutant name file)
  set(target printer_faults_${name})
  set(mutated "${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}/${file}")
  set(original "${CMAKE_SOURCE_DIR}/drivers/printer/${file}")
  set(table "${CMAKE_CURRENT_SOURCE_DIR}/printer_mutants.txt")
  set(mutate "${CMAKE_CURRENT_SOURCE_DIR}/mutate.sh")
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}")
  add_custom_command(OUTPUT "${mutated}" COMMAND sh "${mutate}" "${table}" ${name} "${original}" "${mutated}"
    DEPENDS "${original}" "${table}" "${mutate}" VERBATIM)
  # Its object comes before the library, which then has no reason to give its own.
  add_executable(${target} "${mutated}" $<TARGET_OBJECTS:printer_torture>)
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PRIVATE printer sim)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/mutants")
  add_test(NAME devices_printer_mutant_${name} COMMAND ${target} 4000)
  set_tests_properties(devices_printer_mutant_${name} PROPERTIES TIMEOUT 600 LABELS torture
    PASS_REGULAR_EXPRESSION "FAILED: ")
endfunction()

file(STRINGS printer_mutants.txt rows REGEX "^[a-z_]+ [a-z_]+\\.c ")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS printer_mutants.txt)
foreach(row IN LISTS rows)
  if(row MATCHES "^([a-z_]+) ([a-z_]+\\.c) ")
    printer_mutant(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endif()
endforeach()
