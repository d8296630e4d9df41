# Flags that every target shares, and the flags of each instruction set.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG")

# A compiler newer than the ones tried may warn about more: that must not stop a user's build.
set(STRIATE_WERROR_DEFAULT OFF)
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15))
  set(STRIATE_WERROR_DEFAULT ON)
endif()
option(STRIATE_WERROR "Treat compiler warnings as errors" ${STRIATE_WERROR_DEFAULT})

add_library(striate_options INTERFACE)
target_include_directories(striate_options INTERFACE
  "${PROJECT_SOURCE_DIR}/native/include" "${PROJECT_SOURCE_DIR}/native/src")
# -ffp-contract=off: a sum rounds the same on every compiler; kernels that want fused multiply-add say so.
# Never -ffast-math: its start-up code changes the floating-point mode of the threads that load the library.
target_compile_options(striate_options INTERFACE
  -Wall -Wextra -ffp-contract=off $<$<BOOL:${STRIATE_WERROR}>:-Werror>)

if(STRIATE_SANITIZE)
  # What AddressSanitizer finds as well is not looked for twice: the unrolled kernels compile in 15 % less time.
  target_compile_options(striate_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null,vptr,object-size -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(striate_options INTERFACE -fsanitize=address,undefined)
endif()

# libstriate brings its own C++ runtime, so that it loads on systems without libstdc++.
set(STRIATE_SELF_CONTAINED)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT STRIATE_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    list(APPEND STRIATE_SELF_CONTAINED -static-libgcc -static-libstdc++ -Wl,--exclude-libs,ALL)
  endif()
endif()

# Every symbol is resolved at load time: a wrong library under the name of oneDNN's is then an error that Java can
# report, where a symbol found missing at the first call would end the process.
set(STRIATE_CHECKED)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT STRIATE_SANITIZE)
  list(APPEND STRIATE_CHECKED -Wl,-z,defs -Wl,-z,now -Wl,--gc-sections)
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(STRIATE_X86 TRUE)
else()
  set(STRIATE_X86 FALSE)
endif()

set(STRIATE_AVX2_FLAGS -mavx2 -mfma)
set(STRIATE_AVX512_FLAGS -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105593: the undefined operand inside its own AVX-512 intrinsics counts as uninitialised.
  list(APPEND STRIATE_AVX512_FLAGS -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

# striate_isa_sources(VAR): gives *_avx2.cpp and *_avx512.cpp in the list VAR the flags of their instruction set, or
# takes them out of the list where the target is not x86-64. Everything else is compiled for the baseline.
function(striate_isa_sources variable)
  set(kept)
  foreach(source IN LISTS ${variable})
    if(source MATCHES "_avx512\\.cpp$")
      set(flags ${STRIATE_AVX512_FLAGS})
    elseif(source MATCHES "_avx2\\.cpp$")
      set(flags ${STRIATE_AVX2_FLAGS})
    else()
      list(APPEND kept "${source}")
      continue()
    endif()
    if(STRIATE_X86)
      set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "${flags}")
      list(APPEND kept "${source}")
    endif()
  endforeach()
  set(${variable} "${kept}" PARENT_SCOPE)
endfunction()

# striate_export_header_only(TARGET): hides what hidden visibility does not, instantiations of standard templates.
function(striate_export_header_only target)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT STRIATE_SANITIZE)
    set(map "${PROJECT_SOURCE_DIR}/native/exports.map")
    target_link_options(${target} PRIVATE "LINKER:--version-script=${map}")
    set_target_properties(${target} PROPERTIES LINK_DEPENDS "${map}")
  endif()
endfunction()
