; The kernels of the game of test/unit/runtime/DriftGame.cpp, for one block each
; but for the last.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)

; Two threads: w[c] = seed + c.
define ptx_kernel void @drift_init(ptr %key, ptr %w) {
  %c = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %seed = load i64, ptr %key, align 8
  %c64 = zext i32 %c to i64
  %sum = add i64 %seed, %c64
  %value = sitofp i64 %sum to float
  %place = getelementptr float, ptr %w, i32 %c
  store float %value, ptr %place, align 4
  ret void
}

; Eight threads: x[i] = (7 draw + 3 i) mod 5.
define ptx_kernel void @drift_source(ptr %key, ptr %x) {
  %i = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %pdraw = getelementptr i64, ptr %key, i32 1
  %draw = load i64, ptr %pdraw, align 8
  %i64 = zext i32 %i to i64
  %a = mul i64 %draw, 7
  %b = mul i64 %i64, 3
  %sum = add i64 %a, %b
  %rest = urem i64 %sum, 5
  %value = uitofp i64 %rest to float
  %place = getelementptr float, ptr %x, i32 %i
  store float %value, ptr %place, align 4
  ret void
}

; Eight threads: x[i] = numbers[bytes[i]].
define ptx_kernel void @drift_expand(ptr %x, ptr %bytes, ptr %numbers) {
  %i = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %pbyte = getelementptr i8, ptr %bytes, i32 %i
  %byte = load i8, ptr %pbyte, align 1
  %which = zext i8 %byte to i32
  %pnumber = getelementptr float, ptr %numbers, i32 %which
  %value = load float, ptr %pnumber, align 4
  %place = getelementptr float, ptr %x, i32 %i
  store float %value, ptr %place, align 4
  ret void
}

; Two threads: column c of x [4, 2] has the mean m; w[c] += rate (m - w[c]); the filter f [2, 3], whose axes are
; stored the other way round, grows by rate (3 c + j); objective = sum of (m - w[c])^2, by way of the workspace.
define ptx_kernel void @drift_follow(ptr %x, ptr %w, ptr %f, ptr %lr, ptr %usual, ptr %step, ptr %objective,
                                     ptr %workspace) {
  %c = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %given = load double, ptr %lr, align 8
  %known = fcmp ord double %given, 0.0
  %asked = fptrunc double %given to float
  %default = load float, ptr %usual, align 4
  %rate = select i1 %known, float %asked, float %default
  %c2 = add i32 %c, 2
  %c4 = add i32 %c, 4
  %c6 = add i32 %c, 6
  %p0 = getelementptr float, ptr %x, i32 %c
  %p1 = getelementptr float, ptr %x, i32 %c2
  %p2 = getelementptr float, ptr %x, i32 %c4
  %p3 = getelementptr float, ptr %x, i32 %c6
  %x0 = load float, ptr %p0, align 4
  %x1 = load float, ptr %p1, align 4
  %x2 = load float, ptr %p2, align 4
  %x3 = load float, ptr %p3, align 4
  %s1 = fadd float %x0, %x1
  %s2 = fadd float %s1, %x2
  %s3 = fadd float %s2, %x3
  %mean = fmul float %s3, 0.25
  %pw = getelementptr float, ptr %w, i32 %c
  %old = load float, ptr %pw, align 4
  %difference = fsub float %mean, %old
  %change = fmul float %rate, %difference
  %new = fadd float %old, %change
  store float %new, ptr %pw, align 4
  %square = fmul float %difference, %difference
  %pmine = getelementptr float, ptr %workspace, i32 %c
  store float %square, ptr %pmine, align 4
  %c3 = mul i32 %c, 3
  br label %filter
filter:
  %j = phi i32 [ 0, %0 ], [ %next, %filter ]
  %number = add i32 %c3, %j
  %numberf = uitofp i32 %number to float
  %grows = fmul float %rate, %numberf
  %j2 = mul i32 %j, 2
  %at = add i32 %j2, %c
  %pf = getelementptr float, ptr %f, i32 %at
  %oldf = load float, ptr %pf, align 4
  %newf = fadd float %oldf, %grows
  store float %newf, ptr %pf, align 4
  %next = add i32 %j, 1
  %more = icmp ult i32 %next, 3
  br i1 %more, label %filter, label %meet
meet:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %first = icmp eq i32 %c, 0
  br i1 %first, label %close, label %end
close:
  %q0 = load float, ptr %workspace, align 4
  %pother = getelementptr float, ptr %workspace, i32 1
  %q1 = load float, ptr %pother, align 4
  %total = fadd float %q0, %q1
  store float %total, ptr %objective, align 4
  %steps = load i64, ptr %step, align 8
  %after = add i64 %steps, 1
  store i64 %after, ptr %step, align 8
  br label %end
end:
  ret void
}

; Two threads: v[c] += (w[c] - v[c]) / 2; objective = v[0].
define ptx_kernel void @drift_trail(ptr %w, ptr %v, ptr %step, ptr %objective) {
  %c = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %pw = getelementptr float, ptr %w, i32 %c
  %pv = getelementptr float, ptr %v, i32 %c
  %ahead = load float, ptr %pw, align 4
  %old = load float, ptr %pv, align 4
  %difference = fsub float %ahead, %old
  %half = fmul float %difference, 0.5
  %new = fadd float %old, %half
  store float %new, ptr %pv, align 4
  %first = icmp eq i32 %c, 0
  br i1 %first, label %close, label %end
close:
  store float %new, ptr %objective, align 4
  %steps = load i64, ptr %step, align 8
  %after = add i64 %steps, 1
  store i64 %after, ptr %step, align 8
  br label %end
end:
  ret void
}

; One thread: whether the rate 0.25 has come to its end, which is step 70, and the steps that are left.
define ptx_kernel void @drift_check(ptr %lr, ptr %step, ptr %requirement) {
  %given = load double, ptr %lr, align 8
  %steps = load i64, ptr %step, align 8
  %left = sub i64 70, %steps
  %leftf = sitofp i64 %left to double
  %ends = fcmp oeq double %given, 0.25
  %over = icmp sle i64 %left, 0
  %broken = and i1 %ends, %over
  %brokenf = uitofp i1 %broken to double
  store double %brokenf, ptr %requirement, align 8
  %second = getelementptr double, ptr %requirement, i32 1
  store double %leftf, ptr %second, align 8
  ret void
}

; One thread: the sum of x's first two numbers.
define ptx_kernel void @drift_metric(ptr %x, ptr %metric) {
  %a = load float, ptr %x, align 4
  %pb = getelementptr float, ptr %x, i32 1
  %b = load float, ptr %pb, align 4
  %sum = fadd float %a, %b
  store float %sum, ptr %metric, align 4
  ret void
}

; A block of one thread for each run, an address and a count: found[block] = 1 where a number is not finite.
define ptx_kernel void @drift_not_finite(ptr %runs, ptr %found) {
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %prun = getelementptr { i64, i64 }, ptr %runs, i32 %block
  %address = load i64, ptr %prun, align 8
  %pcount = getelementptr i64, ptr %prun, i32 1
  %count = load i64, ptr %pcount, align 8
  %numbers = inttoptr i64 %address to ptr
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %look ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %look, label %end
look:
  %place = getelementptr float, ptr %numbers, i64 %i
  %number = load float, ptr %place, align 4
  %zero = fsub float %number, %number
  %fine = fcmp oeq float %zero, 0.0
  %next = add i64 %i, 1
  br i1 %fine, label %loop, label %tell
tell:
  %mine = getelementptr i32, ptr %found, i32 %block
  store i32 1, ptr %mine, align 4
  br label %end
end:
  ret void
}
