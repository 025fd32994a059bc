; Kernels that are right: elementwise, through shared memory, through shuffles.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.z()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.laneid()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare float @llvm.nvvm.shfl.sync.bfly.f32(i32, float, i32, i32)
declare { i32, i1 } @llvm.nvvm.shfl.sync.down.i32p(i32, i32, i32, i32)
declare float @llvm.fma.f32(float, float, float)

@tile = internal addrspace(3) global [256 x float] undef, align 4
@scratch = external addrspace(3) global [0 x i8], align 16

; y[i] = 2 x[i] + y[i] for i below *n, by a loop over the grid.
define ptx_kernel void @axpy(ptr %n, ptr addrspace(1) %x, ptr %y) {
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %ntid = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %blocks = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %first = mul i32 %block, %ntid
  %begin = add i32 %first, %tid
  %step = mul i32 %blocks, %ntid
  %count = load i32, ptr %n, align 4
  br label %head
head:
  %i = phi i32 [ %begin, %0 ], [ %next, %body ]
  %more = icmp ult i32 %i, %count
  br i1 %more, label %body, label %end
body:
  %px = getelementptr float, ptr addrspace(1) %x, i32 %i
  %py = getelementptr float, ptr %y, i32 %i
  %vx = load float, ptr addrspace(1) %px, align 4
  %vy = load float, ptr %py, align 4
  %v = call float @llvm.fma.f32(float 2.0, float %vx, float %vy)
  store float %v, ptr %py, align 4
  %next = add i32 %i, %step
  br label %head
end:
  ret void
}

; out[i] = in[255 - i] in each block of 256, through shared memory.
define ptx_kernel void @turn(ptr %in, ptr %out) {
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %first = mul i32 %block, 256
  %i = add i32 %first, %tid
  %pin = getelementptr float, ptr %in, i32 %i
  %v = load float, ptr %pin, align 4
  %mine = getelementptr [256 x float], ptr addrspace(3) @tile, i32 0, i32 %tid
  store float %v, ptr addrspace(3) %mine, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %other = sub i32 255, %tid
  %theirs = getelementptr [256 x float], ptr addrspace(3) @tile, i32 0, i32 %other
  %w = load float, ptr addrspace(3) %theirs, align 4
  %pout = getelementptr float, ptr %out, i32 %i
  store float %w, ptr %pout, align 4
  ret void
}

; out[block] = the sum of 128 inputs: shuffles in warps, then dynamic shared memory.
define ptx_kernel void @sum(ptr %in, ptr %out) {
entry:
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %first = mul i32 %block, 128
  %i = add i32 %first, %tid
  %pin = getelementptr float, ptr %in, i32 %i
  %s0 = load float, ptr %pin, align 4
  br label %halve
halve:
  %by = phi i32 [ 16, %entry ], [ %half, %halve ]
  %s = phi float [ %s0, %entry ], [ %s1, %halve ]
  %o = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %s, i32 %by, i32 31)
  %s1 = fadd float %s, %o
  %half = lshr i32 %by, 1
  %again = icmp ne i32 %half, 0
  br i1 %again, label %halve, label %write
write:
  %lane = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  %leads = icmp eq i32 %lane, 0
  %warp = lshr i32 %tid, 5
  br i1 %leads, label %keep, label %join
keep:
  %at = getelementptr float, ptr addrspacecast (ptr addrspace(3) @scratch to ptr), i32 %warp
  store float %s1, ptr %at, align 4
  br label %join
join:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %first.thread = icmp eq i32 %tid, 0
  br i1 %first.thread, label %finish, label %end
finish:
  %four = load <4 x float>, ptr addrspace(3) @scratch, align 16
  %a = extractelement <4 x float> %four, i32 0
  %b = extractelement <4 x float> %four, i32 1
  %c = extractelement <4 x float> %four, i32 2
  %d = extractelement <4 x float> %four, i32 3
  %ab = fadd float %a, %b
  %abc = fadd float %ab, %c
  %abcd = fadd float %abc, %d
  %pout = getelementptr float, ptr %out, i32 %block
  store float %abcd, ptr %pout, align 4
  br label %end
end:
  ret void
}

; out[...] = the coordinates of each thread of a block of 4 by 2 in a grid of 1 by 1 by 3; and what a shuffle finds.
define ptx_kernel void @coordinates(ptr %out, ptr %found) {
  %x = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %y = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %z = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.z()
  %rows = mul i32 %z, 2
  %row = add i32 %rows, %y
  %cells = mul i32 %row, 4
  %cell = add i32 %cells, %x
  %tens = mul i32 %y, 10
  %sum = add i32 %tens, %x
  %hundreds = mul i32 %z, 100
  %value = add i32 %sum, %hundreds
  %pout = getelementptr i32, ptr %out, i32 %cell
  store i32 %value, ptr %pout, align 4
  %pair = call { i32, i1 } @llvm.nvvm.shfl.sync.down.i32p(i32 255, i32 %value, i32 3, i32 7)
  %other = extractvalue { i32, i1 } %pair, 0
  %ok = extractvalue { i32, i1 } %pair, 1
  %signed = select i1 %ok, i32 %other, i32 -1
  %pfound = getelementptr i32, ptr %found, i32 %cell
  store i32 %signed, ptr %pfound, align 4
  ret void
}
