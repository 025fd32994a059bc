; Each kernel is right where *wrong is 0; where it is 1, its threads part.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.bar.warp.sync(i32)
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.redux.sync.add(i32, i32)

; Thread 5 ends before the barrier.
define ptx_kernel void @ends(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %five = mul i32 %w, 5
  %is5 = icmp eq i32 %t, %five
  %isWrong = icmp ne i32 %w, 0
  %leaves = and i1 %is5, %isWrong
  br i1 %leaves, label %end, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %end
end:
  ret void
}

; The second warp waits at another barrier.
define ptx_kernel void @numbers(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %warp = lshr i32 %t, 5
  %id = and i32 %warp, %w
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 %id)
  ret void
}

; Half a warp is at one barrier instruction, half at another of the same number; or whole warps.
define ptx_kernel void @instructions(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %limit = sub i32 32, %w
  %low = icmp ult i32 %t, %limit
  %q = getelementptr i32, ptr %out, i32 %t
  br i1 %low, label %one, label %two
one:
  store i32 1, ptr %q, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  ret void
two:
  store i32 2, ptr %q, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  ret void
}

; All lanes shuffle among the first sixteen.
define ptx_kernel void @outside(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %shift = mul i32 %w, 16
  %mask = lshr i32 -1, %shift
  %v = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 %mask, i32 %t, i32 0, i32 31)
  %q = getelementptr i32, ptr %out, i32 %t
  store i32 %v, ptr %q, align 4
  ret void
}

; Lane 7 is at the barrier while the others shuffle.
define ptx_kernel void @lane(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %lane = and i32 %t, 31
  %seven = sub i32 8, %w
  %parts = icmp eq i32 %lane, %seven
  %isWrong = icmp ne i32 %w, 0
  %leaves = and i1 %parts, %isWrong
  br i1 %leaves, label %meet, label %share
share:
  %v = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %t, i32 0, i32 31)
  %q = getelementptr i32, ptr %out, i32 %t
  store i32 %v, ptr %q, align 4
  br label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  ret void
}

; The lanes are at two collectives.
define ptx_kernel void @collectives(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %odd = and i32 %t, %w
  %parts = icmp ne i32 %odd, 0
  br i1 %parts, label %add, label %share
share:
  %v = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %t, i32 0, i32 31)
  ret void
add:
  %s = call i32 @llvm.nvvm.redux.sync.add(i32 %t, i32 -1)
  ret void
}
