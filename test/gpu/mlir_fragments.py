# RUN: %python %s %build %t
"""The emulator's mma.sync takes and gives fragments where MLIR's own lowering of a product puts them: kernels that
transform.nvgpu.rewrite_matmul_as_mma_sync makes, through the command and the C interface."""

import ctypes
import os
import random
import struct
import subprocess
import sys

build, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
KERNEL = """module attributes {transform.with_named_sequence} {
  gpu.module @kernels {
    gpu.func @product(%A: memref<16xDEPTHxTYPE>, %B: memref<DEPTHx8xTYPE>, %C: memref<16x8xTYPE>) kernel {
      linalg.matmul ins(%A, %B : memref<16xDEPTHxTYPE>, memref<DEPTHx8xTYPE>) outs(%C : memref<16x8xTYPE>)
      gpu.return
    }
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %m = transform.structured.match ops{["linalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.nvgpu.rewrite_matmul_as_mma_sync %m : (!transform.any_op) -> ()
    transform.yield
  }
}
"""
PASSES = ("builtin.module(transform-interpreter,gpu.module(convert-nvgpu-to-nvvm,lower-affine,"
          "convert-gpu-to-nvvm{use-bare-ptr-memref-call-conv=true},convert-index-to-llvm,convert-arith-to-llvm,"
          "reconcile-unrealized-casts))")


class Kernel(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("run", ctypes.c_void_p), ("parameters", ctypes.c_uint32),
                ("static_shared", ctypes.c_uint32)]


def run(*command, text):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def compile_kernel(depth, element):
    """The library of the kernel, by the way that kernels take to NVPTX."""
    kernel = KERNEL.replace("DEPTH", str(depth)).replace("TYPE", element)
    text = run("mlir-opt", "-pass-pipeline=" + PASSES, text=kernel)
    assert text.count("nvvm.mma.sync") == 1 and "nvgpu.mma" not in text
    begin, end = text.index("    llvm.func"), text.index("  transform.named_sequence")
    body = text[begin:text.rindex("}", begin, end)]
    module = 'module attributes {llvm.target_triple = "nvptx64-nvidia-cuda"} {\n' + body + "}\n"
    ir = run("mlir-translate", "-mlir-to-llvmir", text=module)
    path = os.path.join(folder, element + ".so")
    run("agon-emulate", "-", "-o", path, text=ir)
    return ctypes.CDLL(path)


def multiply(emulator, library, depth, code):
    """A random product on the device; the largest difference from the plain one."""
    random.seed(depth)
    # Small multiples of 1/8 are exact in tf32 and f16.
    a, b, c = ([random.randint(-16, 16) / 8 for _ in range(size)] for size in (16 * depth, depth * 8, 128))
    buffers = [ctypes.create_string_buffer(struct.pack(f"{len(values)}{code}", *values)) for values in (a, b, c)]
    for buffer, name in zip(buffers, (b"A", b"B", b"C")):
        assert emulator.agon_emulator_register(buffer, ctypes.c_size_t(len(buffer) - 1), name) == 0
    pointers = [ctypes.c_void_p(ctypes.addressof(buffer)) for buffer in buffers]
    arguments = (ctypes.c_void_p * 3)(*(ctypes.addressof(pointer) for pointer in pointers))
    kernel = Kernel.in_dll(library, "agon_emulated_kernels")
    assert (kernel.name, kernel.parameters, kernel.static_shared) == (b"product", 3, 0)
    three = ctypes.c_uint32 * 3
    result = emulator.agon_emulator_launch(ctypes.byref(kernel), three(1, 1, 1), three(32, 1, 1), 0, arguments)
    emulator.agon_emulator_fault.restype = ctypes.c_char_p
    assert result == 0, emulator.agon_emulator_fault()
    for buffer in buffers:
        assert emulator.agon_emulator_unregister(buffer) == 0
    found = struct.unpack(f"128{code}", buffers[2].raw[:-1])
    plain = [c[i] + sum(a[i // 8 * depth + k] * b[k * 8 + i % 8] for k in range(depth)) for i in range(128)]
    return max(abs(x - y) for x, y in zip(found, plain))


emulator = ctypes.CDLL(os.path.join(build, "lib", "libagon_emulator.so"))
error = multiply(emulator, compile_kernel(4, "f32"), 4, "f")
assert error == 0, error
error = multiply(emulator, compile_kernel(16, "f16"), 16, "e")
assert error <= 1 / 128, error  # sums up to 16 in f16

# What the command refuses is one line.
inline = """target triple = "nvptx64-nvidia-cuda"
define ptx_kernel void @k() {
  call void asm "trap;", ""()
  ret void
}
"""
refused = subprocess.run(["agon-emulate", "-", "-o", os.path.join(folder, "k.so")], input=inline, capture_output=True,
                         text=True)
assert (refused.returncode, refused.stderr) == (
    1, "agon-emulate: 'k' has inline PTX, which the emulator cannot run: trap;\n"), refused
