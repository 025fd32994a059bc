; out = A B of 16 by 16 and 16 by 8 in f16, through cp.async, shared memory with a swizzle, ldmatrix and mma.sync.
; *wrong is 0: right; 1: A is read without the swizzle; 2: two registers of A are swapped; 3: ldmatrix is given rows that
; are no multiples of 16 bytes; 4: the barrier before it is missing.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare void @llvm.nvvm.cp.async.cg.shared.global.16(ptr addrspace(3), ptr addrspace(1))
declare void @llvm.nvvm.cp.async.wait.all()
declare { i32, i32, i32, i32 } @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16.p3(ptr addrspace(3))
declare { i32, i32 } @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x2.trans.b16.p3(ptr addrspace(3))
declare { float, float, float, float } @llvm.nvvm.mma.m16n8k16.row.col.f32.f32(<2 x half>, <2 x half>, <2 x half>, <2 x half>, <2 x half>, <2 x half>, float, float, float, float)

@a = internal addrspace(3) global [512 x i8] undef, align 16
@b = internal addrspace(3) global [256 x i8] undef, align 16

define ptx_kernel void @product(ptr addrspace(1) %A, ptr addrspace(1) %B, ptr %out, ptr %wrong) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %w = load i32, ptr %wrong, align 4
  ; A row has two pieces of 16 bytes, which change places in rows 4 to 7 and 12 to 15.
  %row = lshr i32 %t, 1
  %piece = and i32 %t, 1
  %row4 = lshr i32 %row, 2
  %turn = and i32 %row4, 1
  %placed = xor i32 %piece, %turn
  %row2 = mul i32 %row, 2
  %slot = add i32 %row2, %placed
  %slotBytes = mul i32 %slot, 16
  %bytes = mul i32 %t, 16
  %fromA = getelementptr i8, ptr addrspace(1) %A, i32 %bytes
  %toA = getelementptr i8, ptr addrspace(3) @a, i32 %slotBytes
  call void @llvm.nvvm.cp.async.cg.shared.global.16(ptr addrspace(3) %toA, ptr addrspace(1) %fromA)
  %hasB = icmp ult i32 %t, 16
  br i1 %hasB, label %copyB, label %copied
copyB:
  %fromB = getelementptr i8, ptr addrspace(1) %B, i32 %bytes
  %toB = getelementptr i8, ptr addrspace(3) @b, i32 %bytes
  call void @llvm.nvvm.cp.async.cg.shared.global.16(ptr addrspace(3) %toB, ptr addrspace(1) %fromB)
  br label %copied
copied:
  call void @llvm.nvvm.cp.async.wait.all()
  %hastes = icmp eq i32 %w, 4
  br i1 %hastes, label %met, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  br label %met
met:
  ; Lane 8 m + r has the address of row r of the m-th matrix: rows 0 to 7, rows 8 to 15, and so on with the next piece.
  %lowRow = and i32 %t, 7
  %m = lshr i32 %t, 3
  %m1 = and i32 %m, 1
  %m8 = mul i32 %m1, 8
  %r = add i32 %lowRow, %m8
  %p = lshr i32 %m, 1
  %r4 = lshr i32 %r, 2
  %rTurn = and i32 %r4, 1
  %forgets = icmp eq i32 %w, 1
  %rTurns = select i1 %forgets, i32 0, i32 %rTurn
  %pPlaced = xor i32 %p, %rTurns
  %r2 = mul i32 %r, 2
  %rSlot = add i32 %r2, %pPlaced
  %rBytes = mul i32 %rSlot, 16
  %isSkew = icmp eq i32 %w, 3
  %skew = select i1 %isSkew, i32 8, i32 0
  %rSkewed = add i32 %rBytes, %skew
  %atA = getelementptr i8, ptr addrspace(3) @a, i32 %rSkewed
  %fa = call { i32, i32, i32, i32 } @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16.p3(ptr addrspace(3) %atA)
  %bRow = and i32 %t, 15
  %bBytes = mul i32 %bRow, 16
  %atB = getelementptr i8, ptr addrspace(3) @b, i32 %bBytes
  %fb = call { i32, i32 } @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x2.trans.b16.p3(ptr addrspace(3) %atB)
  %i0 = extractvalue { i32, i32, i32, i32 } %fa, 0
  %i1 = extractvalue { i32, i32, i32, i32 } %fa, 1
  %i2 = extractvalue { i32, i32, i32, i32 } %fa, 2
  %i3 = extractvalue { i32, i32, i32, i32 } %fa, 3
  %swaps = icmp eq i32 %w, 2
  %s1 = select i1 %swaps, i32 %i2, i32 %i1
  %s2 = select i1 %swaps, i32 %i1, i32 %i2
  %j0 = extractvalue { i32, i32 } %fb, 0
  %j1 = extractvalue { i32, i32 } %fb, 1
  %a0 = bitcast i32 %i0 to <2 x half>
  %a1 = bitcast i32 %s1 to <2 x half>
  %a2 = bitcast i32 %s2 to <2 x half>
  %a3 = bitcast i32 %i3 to <2 x half>
  %b0 = bitcast i32 %j0 to <2 x half>
  %b1 = bitcast i32 %j1 to <2 x half>
  %d = call { float, float, float, float } @llvm.nvvm.mma.m16n8k16.row.col.f32.f32(<2 x half> %a0, <2 x half> %a1, <2 x half> %a2, <2 x half> %a3, <2 x half> %b0, <2 x half> %b1, float 0.0, float 0.0, float 0.0, float 0.0)
  %d0 = extractvalue { float, float, float, float } %d, 0
  %d1 = extractvalue { float, float, float, float } %d, 1
  %d2 = extractvalue { float, float, float, float } %d, 2
  %d3 = extractvalue { float, float, float, float } %d, 3
  ; Lane 4 g + q has columns 2 q and 2 q + 1 of rows g and g + 8, which lie at 2 (4 g + q).
  %t2 = mul i32 %t, 2
  %q = getelementptr float, ptr %out, i32 %t2
  %lower = getelementptr float, ptr %q, i32 64
  %upperPair0 = insertelement <2 x float> poison, float %d0, i32 0
  %upperPair = insertelement <2 x float> %upperPair0, float %d1, i32 1
  %lowerPair0 = insertelement <2 x float> poison, float %d2, i32 0
  %lowerPair = insertelement <2 x float> %lowerPair0, float %d3, i32 1
  store <2 x float> %upperPair, ptr %q, align 8
  store <2 x float> %lowerPair, ptr %lower, align 8
  ret void
}
