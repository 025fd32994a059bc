# RUN: %python %s %examples %t
# REQUIRES: avx2
"""Products in bf16 (--precision=bf16): gradients are near those of f32, bits depend neither on threads nor on whether
the processor has instructions for them, and a run goes on with products as it began."""

import math
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True
from convolutions import Configuration, write_program
from support import compile_model, read_safetensors, run

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)


def states(binary, steps, *options):
    out = f"{binary}-run"
    run([binary, "train", "--steps", str(steps), "--seed", "1", "--out", out, "--force", "--quiet", *options])
    return read_safetensors(os.path.join(out, "checkpoint.safetensors"))


def compare(path, name, chosen, bound=1e-2):
    """Holds each tensor that `chosen` names, a gradient, to that of f32 in norm."""
    exact = states(compile_model(path, os.path.join(scratch, name + "-f32")), 1)
    binary = compile_model(path, os.path.join(scratch, name + "-bf16"), "--precision=bf16", "--report")
    rounded, worst = states(binary, 1), 0.0
    tensors = [tensor for tensor in exact if chosen(tensor)]
    assert tensors, sorted(exact)
    for tensor in tensors:
        size = math.hypot(*exact[tensor])
        distance = math.dist(exact[tensor], rounded[tensor]) / size
        worst = max(worst, distance)
        assert distance < bound, f"{name}: {tensor} is off by {distance:.1e}"
    assert worst > 1e-4, f"{name}: nothing was rounded"
    print(f"{name}: {len(tensors)} gradients, off by {worst:.1e} at most")


# Convolutions and what they become: windows, strides, tiles of Winograd's method.
path = os.path.join(scratch, "convolutions.agon")
cases = []
for transposed in (False, True):
    cases += [Configuration(transposed, [12, 12], 3, 1, 1, channels=(48, 40)),
              Configuration(transposed, [10, 14], 4, 2, 1, channels=(64, 32)),
              Configuration(transposed, [13, 16], 3, 1, 2, dilation=2, channels=(48, 40)),
              Configuration(transposed, [9, 9], 5, 3, 2, channels=(33, 17))]
write_program(path, 8, cases)
compare(path, "convolutions", lambda tensor: tensor.startswith("optimizer.P.keep.gradient."))

# A game of dense layers. Its functions are smooth: where a rectifier has its kink, rounding flips some derivatives.
MODEL = """const batch = 50
network G(z: [30]) -> [70] = z |> dense(90) |> tanh |> dense(101) |> tanh |> dense(70) |> tanh
network D(x: [70]) -> [1] = x |> dense(100) |> tanh |> dense(51) |> tanh |> dense(1)
game dense_game {
  data x: [70] ~ normal(0, 1)
  noise z: [30] ~ normal(0, 1)
  value V = E[log(sigmoid(D(x)))] + E[log(sigmoid(-D(G(z))))]
  player D maximizes V with adam(lr = 2e-4)
  player G minimizes -E[log(sigmoid(D(G(z))))] with adam(lr = 2e-4)
  play { D; G }
}
"""
path = os.path.join(scratch, "dense.agon")
with open(path, "w") as file:
    file.write(MODEL)
# After one step Adam's first moment is a tenth of the gradient.
compare(path, "dense", lambda tensor: re.fullmatch(r"optimizer\.[DG]\.adam\.m\..*W", tensor))

# Bits: of threads, and of the instructions, which are chosen by name.
binary = os.path.join(scratch, "dense-bf16")
first = states(binary, 20, "--threads", "1")
assert states(binary, 20, "--threads", "2") == first, "bits depend on threads"
if " avx512_bf16" in open("/proc/cpuinfo").read():
    machines = {march: states(compile_model(path, os.path.join(scratch, march), "--precision=bf16",
                                            f"--march={march}"), 20) for march in ("x86-64-v4", "znver4")}
    assert machines["x86-64-v4"] == machines["znver4"], "instructions have other bits than what stands for them"
else:
    print("SKIPPED: instructions against what stands for them (this processor has no avx512_bf16)")

# What products are computed in is the run's.
result = subprocess.run([os.path.join(scratch, "dense-f32"), "train", "--steps", "30", "--out", binary + "-run",
                         "--resume"], capture_output=True, text=True)
assert result.returncode == 65 and "products in bf16" in result.stderr, result
print("resuming in f32 is refused")

# What does not go together.
for options, why in ((["--precision=tf32"], "--precision=tf32 goes with --target=cuda"),
                     (["--precision=bf16", "--float=f64"], "with --float=f64 leave it out"),
                     (["--precision=bf16", "-O0"], "-O0 multiplies in f32"),
                     (["--precision=f16"], "expected --precision=f32, tf32 or bf16")):
    result = subprocess.run(["agonc", path, "-o", os.path.join(scratch, "none"), *options], capture_output=True,
                            text=True)
    assert result.returncode == 64 and why in result.stderr, (options, result)
