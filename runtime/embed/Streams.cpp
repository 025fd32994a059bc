//===- Streams.cpp - Standard error within a shared library ---------------===//
//
// The distribution's static libraries are compiled for programs: they take the
// address of `stderr` for one that lies near, which in a shared library it does
// not. The linker gives them this copy (--wrap=stderr, compiler/codegen/Link.cpp).
//
//===----------------------------------------------------------------------===//
#include <cstdio>

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" {
extern FILE *__real_stderr;
extern FILE *__wrap_stderr;
__attribute__((visibility("hidden"))) FILE *__wrap_stderr;
}
__attribute__((constructor)) static void takeStandardError() { __wrap_stderr = __real_stderr; }
// NOLINTEND(bugprone-reserved-identifier)
