// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" %s -agon-place -agon-plan -agon-emit | FileCheck %s
// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" %s -agon-place -agon-plan -agon-emit -agon-gpu-to-llvm | FileCheck %s --check-prefix=LLVM
// RUN: agon-opt %s -agon-place -agon-plan -agon-emit | FileCheck %s --check-prefix=HOST

// A program of a device has a kernel that looks for numbers that are not finite, of a block for each run of them, in
// the numbers that the program computes with: those all of whose exponent's bits are set.
// CHECK:      agon.program "doubles"
// CHECK-SAME:   agon.not_finite = {arguments = 2 : i64, block = 256 : i64, kernel = @device::@not_finite, tasks = 0 : i64}
// CHECK:      func.func @not_finite(%[[RUNS:.+]]: memref<{{.*}}x2xi64>, %[[FOUND:.+]]: memref<{{.*}}xi32>)
// CHECK-SAME:   nvvm.reqntid = array<i32: 256>
// CHECK:        memref.load %[[RUNS]]
// CHECK:        memref.load %[[RUNS]]
// CHECK:        llvm.inttoptr
// CHECK:        scf.for
// CHECK:          %[[BITS:.+]] = llvm.load {{.*}} : !llvm.ptr<1> -> i64
// CHECK:          %[[ALL:.+]] = arith.constant 9218868437227405312 : i64
// CHECK:          %[[EXPONENT:.+]] = arith.andi %[[BITS]], %[[ALL]]
// CHECK:          arith.cmpi eq, %[[EXPONENT]], %[[ALL]]
// CHECK:        scf.if
// CHECK:          memref.atomic_rmw ori {{.*}}, %[[FOUND]]
// LLVM:       llvm.func @not_finite
// LLVM:         llvm.atomicrmw _or {{.*}} syncscope("device")

// HOST-NOT: not_finite
agon.program "doubles" batch 3 schedule [] attributes {config = "{}"} {
  agon.cell parameter @C.w : tensor<7xf64>
}
