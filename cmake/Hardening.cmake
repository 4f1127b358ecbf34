# What the compiler and the linker add to programs that read hostile input (EKYA_HARDENING):
#   -D_FORTIFY_SOURCE=3          libc functions check the size of what they write to
#   -fstack-protector-strong     a canary in front of return addresses
#   -fstack-clash-protection     the stack cannot grow over its guard page
#   -fcf-protection              indirect branches reach functions alone, where the processor checks
#   position-independent, relro, now, noexecstack: tables of addresses are read-only, stacks hold no
#                                code, and programs lie at a random address
# -D_GLIBCXX_ASSERTIONS is left out: it costs planning more than 2 % (ekya-bench-schedule), the others
# cost less than its noise. Builds with sanitizers have none of them: AddressSanitizer intercepts the
# functions that _FORTIFY_SOURCE replaces.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES CXX)   # CMAKE_POSITION_INDEPENDENT_CODE then links programs with -pie

function(ekya_harden target)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER "EKYA_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(${target} INTERFACE $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:${flag}>>)
    endif()
  endforeach()
  # Without optimisation _FORTIFY_SOURCE does nothing but warn.
  target_compile_options(${target} INTERFACE
    $<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<CONFIG:Debug>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>>)
  target_link_options(${target} INTERFACE
    $<BUILD_INTERFACE:LINKER:-z,relro;LINKER:-z,now;LINKER:-z,noexecstack>)
endfunction()
