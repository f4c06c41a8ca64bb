# What the tree itself has to hold: formatting, shell scripts, clang-tidy where it is fast. A missing tool
# is a failure, not a skip: packaging/setup --tests installs them.
set(skd_lint ${CMAKE_SOURCE_DIR}/packaging/lint --jobs 1 --build ${CMAKE_BINARY_DIR})
add_test(NAME format.clang-format COMMAND ${skd_lint} --format)
add_test(NAME lint.shellcheck COMMAND ${skd_lint} --shell)
set_tests_properties(format.clang-format lint.shellcheck PROPERTIES LABELS tree TIMEOUT 300)
# A test for each source, so that they share the cores.
file(GLOB skd_tidy_sources RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/core/base/*.cpp ${CMAKE_SOURCE_DIR}/core/spec/*.cpp)
list(FILTER skd_tidy_sources EXCLUDE REGEX "/instruction_set.cpp$")  # packaging/tidy.py says why
foreach(source ${skd_tidy_sources})
    string(REGEX REPLACE "^core/(.*)\\.cpp$" "lint.clang-tidy.\\1" name ${source})
    add_test(NAME ${name} COMMAND ${skd_lint} --tidy ${source})
    set_tests_properties(${name} PROPERTIES LABELS tree TIMEOUT 300)
endforeach()
