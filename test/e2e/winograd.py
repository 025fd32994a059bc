# RUN: %python %s %t
"""Convolutions by Winograd's method against the plain loops of -O0.

The functions of convolutions.py, with as many channels as make the method pay, and layers so
large that their samples are taken in parts. At -O0 no convolution goes that way."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True
from convolutions import Configuration, write_program
from support import compile_model, read_safetensors, run

BATCH = 8


def configurations():
    for transposed in (False, True):
        yield Configuration(transposed, [12, 12], 3, 1, 1, channels=(48, 40))
        yield Configuration(transposed, [5, 7] if transposed else [10, 14], 4, 2, 1, channels=(64, 32))
        yield Configuration(transposed, [9, 9], 5, 2, 2, channels=(40, 56))
        yield Configuration(transposed, [7, 7], 3, 1, 1, channels=(96, 64))
        yield Configuration(transposed, [65], 3, 1, 1, channels=(64, 64))
        yield Configuration(transposed, [8, 11], [1, 5], 1, [0, 2], channels=(64, 48))
        yield Configuration(transposed, [9, 8], 2, channels=(48, 64))
        yield Configuration(transposed, [12, 11], [3, 4], [1, 2], [(0, 2), (1, 0)], channels=(64, 33))
        yield Configuration(transposed, [11, 12], 7, 2, 3, channels=(48, 48))
        yield Configuration(transposed, [13, 16], 3, 1, 2, dilation=2, channels=(48, 40))
        yield Configuration(transposed, [14, 15], [3, 4], [1, 2], [(3, 2), (1, 1)], dilation=[3, 1], channels=(40, 48))
        yield Configuration(transposed, [20, 11], [5, 2], 1, [(1, 6), 0], dilation=[4, 3], channels=(33, 64))
    yield Configuration(False, [24, 24], 3, 1, 1, channels=(64, 64))
    yield Configuration(True, [12, 12], 4, 2, 1, channels=(128, 64))
    yield Configuration(False, [24, 24], 3, 1, 2, dilation=2, channels=(64, 64))


scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
cases = list(configurations())
path = os.path.join(scratch, "winograd.agon")
write_program(path, BATCH, cases)
for real, tolerance in (("f64", 1e-12), ("f32", 2e-5)):
    states = []
    for level in ("-O0", "-O3"):
        binary = compile_model(path, f"{path[:-5]}-{real}{level}", level, f"--float={real}")
        out = binary + "-run"
        run([binary, "train", "--steps", "1", "--seed", "1", "--out", out, "--force", "--quiet"])
        states.append(read_safetensors(os.path.join(out, "checkpoint.safetensors")))
    plain, fast = states
    worst = 0.0
    for number, configuration in enumerate(cases):
        for name in ("P", "x", "W"):
            tensor = f"optimizer.P.keep.gradient.N{number}.{name}"
            size = math.hypot(*plain[tensor])
            distance = math.dist(plain[tensor], fast[tensor]) / size
            worst = max(worst, distance)
            assert size > 0 and distance < tolerance, (f"N{number}: {configuration.call()} of {configuration.inputs} "
                                                       f"channels, {real}: d/d{name} is off by {distance:.1e}")
    print(f"{real}: {len(cases)} configurations, error at most {worst:.1e}")

# That the method was taken, in whole and in parts.
fused = os.path.join(scratch, "fused.mlir")
run(["agonc", path, "--float=f64", "--emit=fused", "-o", fused])
text = open(fused).read()
assert text.count("agon.region chunks") >= 2, "no convolution in parts"
assert text.count("agon.region mode_product") >= 40, "no transforms of tiles"
