; Blocks that wait for each other, or take what others have left; *wrong is 0: right; 1, 2: a fault.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.membar.cta()
declare void @llvm.nvvm.membar.gl()

@counter = internal addrspace(1) global i32 0, align 4

; All blocks at once: each thread writes in[i], the grid meets, and each takes what a thread of another block has
; written. The barrier publishes what was written before it; 1: it does not; 2: to the threads of the block alone.
define ptx_kernel void @barrier(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %blocks = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %w = load i32, ptr %wrong, align 4
  %first = mul i32 %b, 64
  %i = add i32 %first, %t
  %p = getelementptr i32, ptr %in, i32 %i
  store i32 %i, ptr %p, align 4
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %leads = icmp eq i32 %t, 0
  br i1 %leads, label %arrive, label %meet
arrive:
  switch i32 %w, label %released [ i32 1, label %relaxed
                                   i32 2, label %inBlock ]
released:
  %old = atomicrmw add ptr addrspace(1) @counter, i32 1 syncscope("device") acq_rel, align 4
  br label %spin
inBlock:
  %old3 = atomicrmw add ptr addrspace(1) @counter, i32 1 syncscope("block") acq_rel, align 4
  br label %spin
relaxed:
  %old2 = atomicrmw add ptr addrspace(1) @counter, i32 1 syncscope("device") monotonic, align 4
  br label %spin
spin:
  %seen = load atomic i32, ptr addrspace(1) @counter syncscope("device") acquire, align 4
  ; The counter goes on from launch to launch: a multiple of the blocks is a barrier that all have passed.
  %rest = urem i32 %seen, %blocks
  %all = icmp eq i32 %rest, 0
  br i1 %all, label %meet, label %spin
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %count = mul i32 %blocks, 64
  %far = add i32 %i, 64
  %j = urem i32 %far, %count
  %r = getelementptr i32, ptr %in, i32 %j
  %v = load i32, ptr %r, align 4
  %q = getelementptr i32, ptr %out, i32 %i
  store i32 %v, ptr %q, align 4
  ret void
}

; The block that comes last adds what all have written: a fence, an atomic, a fence; 1: no first fence; 2: one for the
; threads of the block alone.
define ptx_kernel void @last(ptr %in, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %blocks = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %w = load i32, ptr %wrong, align 4
  %leads = icmp eq i32 %t, 0
  br i1 %leads, label %write, label %end
write:
  %p = getelementptr i32, ptr %in, i32 %b
  store i32 %b, ptr %p, align 4
  switch i32 %w, label %publish [ i32 1, label %count
                                  i32 2, label %fenceBlock ]
fenceBlock:
  call void @llvm.nvvm.membar.cta()
  br label %count
publish:
  call void @llvm.nvvm.membar.gl()
  br label %count
count:
  %ticket = atomicrmw add ptr addrspace(1) @counter, i32 1 syncscope("device") monotonic, align 4
  call void @llvm.nvvm.membar.gl()
  %next = add i32 %ticket, 1
  %rest = urem i32 %next, %blocks
  %isLast = icmp eq i32 %rest, 0
  br i1 %isLast, label %add, label %end
add:
  %i = phi i32 [ 0, %count ], [ %more, %add ]
  %sum = phi i32 [ 0, %count ], [ %sum2, %add ]
  %r = getelementptr i32, ptr %in, i32 %i
  %v = load i32, ptr %r, align 4
  %sum2 = add i32 %sum, %v
  %more = add i32 %i, 1
  %again = icmp ult i32 %more, %blocks
  br i1 %again, label %add, label %store
store:
  store i32 %sum2, ptr %out, align 4
  br label %end
end:
  ret void
}
