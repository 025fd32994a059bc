// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" %s -agon-place -agon-plan -agon-emit | FileCheck %s
// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" %s -agon-place -agon-plan -agon-emit -agon-gpu-to-llvm | FileCheck %s --check-prefix=LLVM
// RUN: agon-opt %s -agon-place -agon-plan -agon-emit | FileCheck %s --check-prefix=HOST

// A device makes numbers of a field's bytes: the kernel is the program's, as are 256 numbers behind its other memory.
// CHECK:      agon.program "fields"
// CHECK-SAME:   arena_bytes = 5568
// CHECK:      agon.field "x" @data.x group 0 classes 0 in [-1.000000e+00, 1.000000e+00]
// CHECK-SAME:   agon.expand = {arguments = 3 : i64, block = 256 : i64, kernel = @device::@expand_x, numbers = 3520 : i64, tasks = 1 : i64}
// CHECK:      agon.field "y" @data.y group 0 classes 10
// CHECK-SAME:   agon.expand = {arguments = 3 : i64, block = 256 : i64, kernel = @device::@expand_y, numbers = 4544 : i64, tasks = 1 : i64}

// Four bytes are a word, and their numbers a vector.
// CHECK:      func.func @expand_x(%[[CELL:.+]]: memref<852xf32> {{.*}}, %[[BYTES:.+]]: memref<213xi32> {{.*}}, %[[NUMBERS:.+]]: memref<256xf32>
// CHECK-SAME:   nvvm.reqntid = array<i32: 256>
// CHECK:        scf.for
// CHECK:          memref.load %[[BYTES]]
// CHECK-COUNT-4:  memref.load %[[NUMBERS]]
// CHECK:          vector.store {{.*}}, %[[CELL]]{{.*}} {alignment = 16 : i64}
// LLVM:       llvm.func @expand_x
// LLVM:         llvm.store {{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr

// Others go one by one.
// CHECK:      func.func @expand_y(%{{.+}}: memref<3xi32> {{.*}}, %{{.+}}: memref<3xi8> {{.*}}, %{{.+}}: memref<256xi32>

// HOST-NOT: expand
agon.program "fields" batch 3 schedule [] attributes {config = "{}"} {
  agon.cell data @data.x : tensor<3x284xf32>
  agon.cell data @data.y : tensor<3xi32>
  agon.field "x" @data.x group 0 classes 0 in [-1.0, 1.0]
  agon.field "y" @data.y group 0 classes 10
  agon.record "x,y"
}
