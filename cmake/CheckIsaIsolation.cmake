# Test: an object file compiled for AVX2 or AVX-512 shares no inline function with the rest of the library. The linker
# keeps one copy of such a (weak) function for everyone; kept from here, it would crash older processors.
# Needs NM and OBJECTS (a list).

set(_checked 0)
foreach(object IN LISTS OBJECTS)
  if(NOT object MATCHES "_(avx2|avx512)\\.cpp\\.o(bj)?$")
    continue()
  endif()
  set(_namespace "striate::${CMAKE_MATCH_1}::")
  execute_process(COMMAND "${NM}" -C "${object}" OUTPUT_VARIABLE _symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" _weak "${_symbols}")
  foreach(symbol IN LISTS _weak)
    if(NOT symbol MATCHES "${_namespace}")
      message(SEND_ERROR "${object} defines a shared function outside ${_namespace}\n  ${symbol}")
    endif()
  endforeach()
  math(EXPR _checked "${_checked} + 1")
endforeach()
message(STATUS "${_checked} object files checked")
