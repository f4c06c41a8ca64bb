# skd_test_suites(TARGET [FILTER filter] [SUFFIX suffix] PROPERTIES value...): one CTest test a GoogleTest suite of
# TARGET, since starting a program with LibTorch takes longer than most tests. FILTER is a --gtest_filter
# of whole suites, SUFFIX ends the names, PROPERTIES are those of set_tests_properties, whose values may be lists. Suites are listed after each build.
function(skd_test_suites target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "FILTER;SUFFIX" "")
    if(NOT arg_FILTER)
        set(arg_FILTER *)
    endif()
    set(properties)
    set(known FALSE)
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE 1 ${last})  # a foreach over ARGN would take lists apart
        if(known)
            string(APPEND properties " [==[${ARGV${i}}]==]")
        elseif("${ARGV${i}}" STREQUAL PROPERTIES)
            set(known TRUE)
        endif()
    endforeach()
    string(MD5 id "${arg_FILTER}${arg_SUFFIX}")
    string(SUBSTRING ${id} 0 6 id)
    set(stem ${CMAKE_CURRENT_BINARY_DIR}/${target}-${id})
    set(SKD_BINARY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${target})
    string(REGEX MATCH "-.*" SKD_EXCLUDED "${arg_FILTER}")
    set(SKD_SUFFIX "${arg_SUFFIX}")
    set(SKD_PROPERTIES "${properties}")
    set(SKD_SUITES ${stem}.suites)
    configure_file(${CMAKE_SOURCE_DIR}/packaging/cmake/test_suites.cmake.in ${stem}.cmake @ONLY)
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND sh -c "\"$1\" --gtest_list_tests --gtest_filter=\"$2\" > \"$3\"" list ${SKD_BINARY} ${arg_FILTER} ${SKD_SUITES}
        BYPRODUCTS ${SKD_SUITES} VERBATIM)
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${stem}.cmake)
endfunction()
