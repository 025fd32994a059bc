; Each kernel is right where *wrong is 0, and commits its fault where it is 1.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)

@tile = internal addrspace(3) global [32 x float] undef, align 4
@next = internal addrspace(3) global [32 x float] undef, align 4
@table = internal addrspace(4) constant [32 x i32] zeroinitializer, align 4

define ptx_kernel void @global_read(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = add i32 %t, %w
  %p = getelementptr float, ptr %in, i32 %i
  %v = load float, ptr %p, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %v, ptr %q, align 4
  ret void
}

define ptx_kernel void @global_write(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = add i32 %t, %w
  %p = getelementptr float, ptr %in, i32 %t
  %v = load float, ptr %p, align 4
  %q = getelementptr float, ptr %out, i32 %i
  store float %v, ptr %q, align 4
  ret void
}

define ptx_kernel void @constant_read(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = add i32 %t, %w
  %p = getelementptr i32, ptr addrspace(4) @table, i32 %i
  %v = load i32, ptr addrspace(4) %p, align 4
  %q = getelementptr i32, ptr %out, i32 %t
  store i32 %v, ptr %q, align 4
  ret void
}

define ptx_kernel void @shared_bounds(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = add i32 %t, %w
  %p = getelementptr float, ptr addrspace(3) @tile, i32 %i
  store float 1.0, ptr addrspace(3) %p, align 4
  %p2 = getelementptr float, ptr addrspace(3) @next, i32 %t
  store float 2.0, ptr addrspace(3) %p2, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %v = load float, ptr addrspace(3) %p, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %v, ptr %q, align 4
  ret void
}

define ptx_kernel void @misaligned(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %less = sub i32 15, %w
  %inside = icmp ult i32 %t, %less
  br i1 %inside, label %move, label %end
move:
  %t2 = mul i32 %t, 2
  %i = add i32 %t2, %w
  %p = getelementptr float, ptr %in, i32 %i
  %v = load <2 x float>, ptr %p, align 8
  %q = getelementptr float, ptr %out, i32 %t2
  store <2 x float> %v, ptr %q, align 8
  br label %end
end:
  ret void
}

define ptx_kernel void @uninitialised(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %less = sub i32 32, %w
  %writes = icmp ult i32 %t, %less
  br i1 %writes, label %write, label %join
write:
  %p = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 1.0, ptr addrspace(3) %p, align 4
  br label %join
join:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %other = sub i32 31, %t
  %r = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %v = load float, ptr addrspace(3) %r, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %v, ptr %q, align 4
  ret void
}
