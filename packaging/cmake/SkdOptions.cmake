# Language level, warnings, output folder, ccache, mold, sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")  # assertions stay on: they guard our own invariants

find_program(SKD_CCACHE ccache)
if(SKD_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${SKD_CCACHE})
endif()
find_program(SKD_MOLD mold)
if(SKD_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

if(SKD_SANITIZE)
    add_compile_options(-fsanitize=${SKD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
    add_link_options(-fsanitize=${SKD_SANITIZE})
endif()

add_library(skd_warnings INTERFACE)
target_compile_options(skd_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(SKD_WERROR)
    target_compile_options(skd_warnings INTERFACE -Werror)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # g++ 12 sees accesses that never happen once std::string and std::vector are inlined
        # (GCC bugs 105329, 105651, 105762): such warnings stay warnings.
        target_compile_options(skd_warnings INTERFACE
            -Wno-error=array-bounds -Wno-error=stringop-overflow -Wno-error=restrict
            -Wno-error=free-nonheap-object)
    endif()
endif()

# Headers that most sources include and that do not change: parsed once a target.
set(SKD_STANDARD_HEADERS <algorithm> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string> <thread> <vector>
    <nlohmann/json.hpp> <tl/expected.hpp>)

option(SKD_UNITY "Compile each folder as one source: a whole build takes far less, a small change more" ON)

# Compiles the sources of `target` folder by folder.
function(skd_unity target)
    if(NOT SKD_UNITY)
        return()
    endif()
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "\\.cpp$")
    foreach(source ${sources})
        cmake_path(GET source PARENT_PATH folder)
        cmake_path(GET folder FILENAME room)
        set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP "of_${room}")
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    # GCC takes what a unity source includes for headers, where a base class without linkage would be a fault.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# Adds every source of the current folder to `target`; with further arguments every source in and below the folders
# named, which may be absent.
function(skd_sources target)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    if(ARGN)
        list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
        list(TRANSFORM ARGN APPEND /*.cpp)
        file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARGN})
    endif()
    target_sources(${target} PRIVATE ${sources})
endfunction()

# Hand-written CPU passes: vectorised with FMA; NaN and infinity keep their meaning. They are free of
# LibTorch, so the precompiled header would only cost time.
function(skd_kernel_sources target)
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES
        SKIP_PRECOMPILE_HEADERS ON
        COMPILE_OPTIONS "-O3;-fopenmp-simd;-ffp-contract=fast;-fno-math-errno;-fno-trapping-math")
endfunction()
