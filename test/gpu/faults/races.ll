; Each kernel is right where *wrong is 0, and has a race where it is 1.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.barrier.cta.sync.aligned.count(i32, i32)
declare void @llvm.nvvm.bar.warp.sync(i32)

@tile = internal addrspace(3) global [128 x float] undef, align 4
@halves = internal addrspace(3) global [128 x i16] undef, align 4

; out[i] = in[last - i] through shared memory, with or without the barrier.
define ptx_kernel void @shared(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %isWrong = icmp ne i32 %w, 0
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 0.0, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %p = getelementptr float, ptr %in, i32 %t
  %v = load float, ptr %p, align 4
  store float %v, ptr addrspace(3) %mine, align 4
  br i1 %isWrong, label %read, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %read
read:
  %other = sub i32 63, %t
  %theirs = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %o = load float, ptr addrspace(3) %theirs, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %o, ptr %q, align 4
  ret void
}

; A tile that is written again, with or without a barrier after it has been read.
define ptx_kernel void @shared_again(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %isWrong = icmp ne i32 %w, 0
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 1.0, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %other = sub i32 63, %t
  %theirs = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %o = load float, ptr addrspace(3) %theirs, align 4
  br i1 %isWrong, label %write, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %write
write:
  store float 2.0, ptr addrspace(3) %mine, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %o, ptr %q, align 4
  ret void
}

; Neighbours in a warp, with or without bar.warp.sync.
define ptx_kernel void @warp(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %isWrong = icmp ne i32 %w, 0
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 1.0, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  store float 2.0, ptr addrspace(3) %mine, align 4
  br i1 %isWrong, label %read, label %meet
meet:
  call void @llvm.nvvm.bar.warp.sync(i32 -1)
  br label %read
read:
  %other = xor i32 %t, 1
  %theirs = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %o = load float, ptr addrspace(3) %theirs, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %o, ptr %q, align 4
  ret void
}

; The first 64 threads meet at barrier 1, and read what they wrote, or what the others write.
define ptx_kernel void @named(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 1.0, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  store float 2.0, ptr addrspace(3) %mine, align 4
  %first = icmp ult i32 %t, 64
  br i1 %first, label %meet, label %end
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.count(i32 1, i32 64)
  %turned = sub i32 63, %t
  %far = mul i32 %w, 64
  %other = add i32 %turned, %far
  %theirs = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %o = load float, ptr addrspace(3) %theirs, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %o, ptr %q, align 4
  br label %end
end:
  ret void
}

; Two threads share a word of two halves, which is no race; or a half.
define ptx_kernel void @halfwords(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = lshr i32 %t, %w
  %mine = getelementptr i16, ptr addrspace(3) @halves, i32 %i
  store i16 3, ptr addrspace(3) %mine, align 2
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %even = and i32 %t, 30
  %pair = getelementptr i16, ptr addrspace(3) @halves, i32 %even
  %o = load i32, ptr addrspace(3) %pair, align 4
  %q = getelementptr i32, ptr %out, i32 %t
  store i32 %o, ptr %q, align 4
  ret void
}

; Two threads write one address of global memory.
define ptx_kernel void @global_writes(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = lshr i32 %t, %w
  %q = getelementptr float, ptr %out, i32 %i
  store float 1.0, ptr %q, align 4
  ret void
}

; A thread reads what another of its block has written, with or without a barrier.
define ptx_kernel void @global(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %isWrong = icmp ne i32 %w, 0
  %q = getelementptr float, ptr %out, i32 %t
  store float 1.0, ptr %q, align 4
  br i1 %isWrong, label %read, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %read
read:
  %other = xor i32 %t, 1
  %r = getelementptr float, ptr %out, i32 %other
  %v = load float, ptr %r, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  store float %v, ptr %q, align 4
  ret void
}

; A block reads what another block writes; a barrier in the block does not help.
define ptx_kernel void @blocks(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %w = load i32, ptr %wrong, align 4
  %first = mul i32 %b, 32
  %i = add i32 %first, %t
  %q = getelementptr float, ptr %out, i32 %i
  store float 1.0, ptr %q, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %far = mul i32 %w, 32
  %j = xor i32 %i, %far
  %r = getelementptr float, ptr %out, i32 %j
  %v = load float, ptr %r, align 4
  store float %v, ptr %q, align 4
  ret void
}

; A sum by atomic additions, or by loads and stores.
define ptx_kernel void @atomic(ptr %in, ptr %out, ptr %wrong) {
  %w = load i32, ptr %wrong, align 4
  %isWrong = icmp ne i32 %w, 0
  br i1 %isWrong, label %plain, label %update
update:
  %old = atomicrmw fadd ptr %out, float 1.0 syncscope("device") monotonic, align 4
  ret void
plain:
  %before = load float, ptr %out, align 4
  %after = fadd float %before, 1.0
  store float %after, ptr %out, align 4
  ret void
}
