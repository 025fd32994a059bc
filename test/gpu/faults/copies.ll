; Copies by cp.async. *wrong is 0: right; 1: the fault that the kernel's comment tells first; 2: the second.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3), ptr addrspace(1))
declare void @llvm.nvvm.cp.async.cg.shared.global.16.s(ptr addrspace(3), ptr addrspace(1), i32)
declare void @llvm.nvvm.cp.async.commit.group()
declare void @llvm.nvvm.cp.async.wait.group(i32)
declare void @llvm.nvvm.cp.async.wait.all()

@tile = internal addrspace(3) global [64 x float] undef, align 16

; out[i] = in[31 - i]; without waiting; without the barrier.
define ptx_kernel void @copy(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %p = getelementptr float, ptr %in, i32 %t
  %g = addrspacecast ptr %p to ptr addrspace(1)
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %t
  store float 0.0, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  call void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3) %mine, ptr addrspace(1) %g)
  call void @llvm.nvvm.cp.async.commit.group()
  %hastes = icmp eq i32 %w, 1
  br i1 %hastes, label %waited, label %wait
wait:
  call void @llvm.nvvm.cp.async.wait.group(i32 0)
  br label %waited
waited:
  %alone = icmp eq i32 %w, 2
  br i1 %alone, label %read, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %read
read:
  %other = sub i32 31, %t
  %theirs = getelementptr float, ptr addrspace(3) @tile, i32 %other
  %v = load float, ptr addrspace(3) %theirs, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %v, ptr %q, align 4
  ret void
}

; Two groups, of which the first is waited for and read; the second is read.
define ptx_kernel void @groups(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %p = getelementptr float, ptr %in, i32 %t
  %g = addrspacecast ptr %p to ptr addrspace(1)
  %first = getelementptr float, ptr addrspace(3) @tile, i32 %t
  %second = getelementptr float, ptr addrspace(3) %first, i32 32
  call void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3) %first, ptr addrspace(1) %g)
  call void @llvm.nvvm.cp.async.commit.group()
  call void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3) %second, ptr addrspace(1) %g)
  call void @llvm.nvvm.cp.async.commit.group()
  call void @llvm.nvvm.cp.async.wait.group(i32 1)
  %offset = mul i32 %w, 32
  %read = getelementptr float, ptr addrspace(3) %first, i32 %offset
  %v = load float, ptr addrspace(3) %read, align 4
  %q = getelementptr float, ptr %out, i32 %t
  store float %v, ptr %q, align 4
  ret void
}

; Thread i copies i bytes of 16, and zeros after them; from an address that is no multiple of 16.
define ptx_kernel void @zeros(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  %i = mul i32 %t, 4
  %j = add i32 %i, %w
  %p = getelementptr float, ptr %in, i32 %j
  %g = addrspacecast ptr %p to ptr addrspace(1)
  %mine = getelementptr float, ptr addrspace(3) @tile, i32 %i
  call void @llvm.nvvm.cp.async.cg.shared.global.16.s(ptr addrspace(3) %mine, ptr addrspace(1) %g, i32 %t)
  call void @llvm.nvvm.cp.async.wait.all()
  %v = load <4 x i32>, ptr addrspace(3) %mine, align 16
  %q = getelementptr i32, ptr %out, i32 %i
  store <4 x i32> %v, ptr %q, align 16
  ret void
}
