#!/bin/sh
# GNU objcopy 2.40: --keep-global-symbol beside symbols of the binding STB_GNU_UNIQUE.
#
# Its manual says that all symbols but the named ones become local to the file. What happens: those that C++ wants once
# in a program (static members and variables of templates and inline functions) stay global and unique, so that a static
# library that holds a copy of C++'s library collides with the program's own, or shares std::locale's numbers with it.
# LLVM's objcopy makes them local. Agon gives them the binding STB_GLOBAL before it hides them
# (compiler/codegen/Link.cpp, test/e2e/export_library.py).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > unique.cpp <<'SOURCE'
template <typename T> struct Counter { static int count; };
template <typename T> int Counter<T>::count = 0;
extern "C" int kept() { return ++Counter<int>::count; }
extern "C" int hidden() { return 1; }
SOURCE
g++ -fPIC -c unique.cpp
visible() {
  nm -g --defined-only "$1" | awk '{ print $3 }' | sort | tr '\n' ' '
}
echo "before:              $(visible unique.o)"
objcopy --keep-global-symbol=kept unique.o gnu.o
echo "$(objcopy --version | head -n 1): $(visible gnu.o)"
gnu=$(visible gnu.o)
llvm=none
for tool in llvm-objcopy llvm-objcopy-22; do
  if command -v "$tool" > /dev/null; then
    "$tool" --keep-global-symbol=kept unique.o llvm.o
    llvm=$(visible llvm.o)
    echo "$tool: $llvm"
    break
  fi
done
case $gnu in
  *count*) ;;
  *) echo "this has changed"; exit 1 ;;
esac
case $llvm in
  none | "kept ") ;;
  *) echo "this has changed"; exit 1 ;;
esac
