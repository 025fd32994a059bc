#!/bin/sh
# MLIR 22.1.8: `--convert-math-to-llvm` writes math.expm1 as exp(x) - 1 and math.log1p as log(1 + x).
#
# One would expect what the operations are there for: a result that is exact to the last place near 0. What happens: the
# subtraction cancels, and expm1(1e-20) and log1p(1e-20) are 0. `--convert-math-to-libm` calls the C library's functions
# and keeps them exact. Agon calls libm, or polynomials of its own, and tests values near 0
# (test/e2e/stable_formulas.py).
set -eu
version='1:22.1.8-1~deb12u1'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq "mlir-22-tools=$version" "libmlir-22=$version" "libllvm22=$version" >/dev/null 2>&1 || {
  echo "the packages of $version are not to be had here" >&2
  exit 1
}
for package in *.deb; do dpkg -x "$package" root; done
tool=root/usr/lib/llvm-22/bin/mlir-opt
LD_LIBRARY_PATH=$(find "$work/root" -name "*.so*" -printf "%h\n" | sort -u | paste -s -d :)
export LD_LIBRARY_PATH
cat > functions.mlir <<'MLIR'
func.func @expm1(%x: f64) -> f64 {
  %y = math.expm1 %x : f64
  return %y : f64
}
func.func @log1p(%x: f64) -> f64 {
  %y = math.log1p %x : f64
  return %y : f64
}
MLIR
"$tool" --version | sed -n 's/.*LLVM version/LLVM version/p'
echo "--convert-math-to-llvm:"
"$tool" functions.mlir --convert-math-to-llvm | tee llvm.mlir | grep -E 'llvm\.(intr|fsub|fadd)'
echo "--convert-math-to-libm:"
"$tool" functions.mlir --convert-math-to-libm | tee libm.mlir | grep 'call @'
python3 -c 'import math; x = 1e-20; print("exp(x) - 1 =", math.exp(x) - 1, " expm1(x) =", math.expm1(x),
    " log(1 + x) =", math.log(1 + x), " log1p(x) =", math.log1p(x), " at x =", x)'
grep -q 'llvm.fsub' llvm.mlir && grep -q 'llvm.intr.log(' llvm.mlir &&
  grep -q 'call @expm1' libm.mlir && grep -q 'call @log1p' libm.mlir || {
  echo "this has changed" >&2
  exit 1
}
