#!/bin/sh
# MLIR 22.1.8: `convert-gpu-to-nvvm` makes of gpu.dynamic_shared_memory an internal global of no bytes.
#
# One would expect the array whose size a launch gives: `.extern .shared .align 16 .b8 name[];`. What happens: the
# global is internal, so the NVPTX back end of the same LLVM takes it for a variable of the kernel's own and writes
# `.shared .align 16 .b8 name;`, one byte of static shared memory, whatever the launch asks for. ptxas takes it.
# With the linkage `external` the array comes out. Agon sets it so (compiler/gpu/ToLLVM.cpp,
# test/compiler/gpu/grids.mlir), and its emulated device finds accesses beyond a shared variable.
set -eu
version='1:22.1.8-1~deb12u1'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq "mlir-22-tools=$version" "libmlir-22=$version" "llvm-22=$version" "libllvm22=$version" \
  >/dev/null 2>&1 || {
  echo "the packages of $version are not to be had here" >&2
  exit 1
}
for package in *.deb; do dpkg -x "$package" root; done
bin=root/usr/lib/llvm-22/bin
LD_LIBRARY_PATH=$(find "$work/root" -name "*.so*" -printf "%h\n" | sort -u | paste -s -d :)
export LD_LIBRARY_PATH
cat > kernel.mlir <<'MLIR'
gpu.module @m {
  gpu.func @k(%a: memref<64xf32>) kernel {
    %thread = gpu.thread_id x
    %bytes = gpu.dynamic_shared_memory : memref<?xi8, #gpu.address_space<workgroup>>
    %zero = arith.constant 0 : index
    %row = memref.view %bytes[%zero][] : memref<?xi8, #gpu.address_space<workgroup>>
                                      to memref<64xf32, #gpu.address_space<workgroup>>
    %x = memref.load %a[%thread] : memref<64xf32>
    memref.store %x, %row[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %y = memref.load %row[%zero] : memref<64xf32, #gpu.address_space<workgroup>>
    memref.store %y, %a[%thread] : memref<64xf32>
    gpu.return
  }
}
MLIR
passes='builtin.module(gpu.module(convert-gpu-to-nvvm{use-bare-ptr-memref-call-conv=1},reconcile-unrealized-casts))'
"$bin/mlir-opt" kernel.mlir --pass-pipeline="$passes" -o module.mlir
# The device module's contents alone, as LLVM IR.
sed -e '/gpu\.module/d' -e '/^  }$/d' module.mlir > internal.mlir
sed 's/global internal/global external/' internal.mlir > external.mlir
assemble() {
  "$bin/mlir-translate" --mlir-to-llvmir "$1.mlir" |
    "$bin/llc" -march=nvptx64 -mcpu=sm_80 -mattr=+ptx80 -o - | grep '\.shared \.align' | tee "$1.line"
}
"$bin/mlir-opt" --version | sed -n 's/.*LLVM version/LLVM version/p'
echo "as it is made:"
grep 'mlir.global' internal.mlir
assemble internal
echo "with external linkage:"
assemble external
grep -q '\.b8 __dynamic_shmem__0;' internal.line && grep -q '\.extern .*__dynamic_shmem__0\[\];' external.line || {
  echo "this has changed" >&2
  exit 1
}
