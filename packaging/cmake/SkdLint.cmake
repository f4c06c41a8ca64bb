# What the tree itself has to hold: formatting, shell scripts, clang-tidy where it is fast. A missing tool
# is a failure, not a skip: packaging/setup --tests installs them.
set(skd_lint ${CMAKE_SOURCE_DIR}/packaging/lint --jobs 1 --build ${CMAKE_BINARY_DIR})
add_test(NAME format.clang-format COMMAND ${skd_lint} --format)
add_test(NAME lint.shellcheck COMMAND ${skd_lint} --shell)
add_test(NAME lint.clang-tidy COMMAND ${skd_lint} --tidy core/base core/spec)
set_tests_properties(format.clang-format lint.shellcheck lint.clang-tidy PROPERTIES LABELS tree TIMEOUT 600)
