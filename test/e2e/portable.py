# RUN: %python %s %examples %t
# REQUIRES: avx2
"""A portable binary computes, at each level of processor, what a binary compiled for that level alone computes, byte
for byte; it takes the best level by itself and another by AGON_ISA."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, data_options, run

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
flags = open("/proc/cpuinfo").read()
levels = ["x86-64-v3"]
if all(f" {part}" in flags for part in ("avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd")):
    levels.append("x86-64-v4")
else:
    print("SKIPPED: x86-64-v4 (this processor has no AVX-512)")


def execute(command, isa=None, expect=0):
    environment = {name: value for name, value in os.environ.items() if name != "AGON_ISA"}
    if isa is not None:
        environment["AGON_ISA"] = isa
    result = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if result.returncode != expect:
        sys.exit(f"AGON_ISA={isa} {' '.join(command)}: exit code {result.returncode}, expected {expect}\n"
                 f"{result.stderr}")
    return result.stdout, result.stderr


def trained(binary, out, steps, data, isa=None, *options):
    execute([binary, "train", "--steps", str(steps), "--seed", "3", "--out", out, "--quiet", *data, *options], isa)
    rows = [row.rsplit(",", 1)[0] for row in open(os.path.join(out, "log.csv")).read().splitlines()]
    with open(os.path.join(out, "checkpoint.safetensors"), "rb") as file:
        return rows, file.read()


models = [(os.path.join(examples, "ring.agon"), ()), (os.path.join(examples, "mnist_2014.agon"), ()),
          (os.path.join(examples, "dcgan_mnist.agon"), ("-D", "batch=8"))]
for source, options in models:
    name = os.path.splitext(os.path.basename(source))[0]
    run(["rm", "-rf", os.path.join(scratch, name)])
    os.makedirs(os.path.join(scratch, name))
    fat = compile_model(source, os.path.join(scratch, name, "fat"), "--march=portable", *options)
    data = data_options(fat, os.path.join(scratch, name))
    results = []
    for level in levels:
        single = compile_model(source, os.path.join(scratch, name, level), f"--march={level}", *options)
        expected = trained(single, os.path.join(scratch, name, f"single-{level}"), 4, data)
        forced = trained(fat, os.path.join(scratch, name, f"fat-{level}"), 4, data, level)
        assert forced == expected, f"{name}: {level} in a portable binary computes something else"
        resumed = os.path.join(scratch, name, f"resumed-{level}")
        trained(fat, resumed, 2, data, level)
        assert trained(fat, resumed, 4, data, level, "--resume")[1] == expected[1], f"{name}: {level} does not resume"
        told = execute([fat, "info"], level)[0].splitlines()[0]
        assert told.endswith(f"for {level}"), told
        results.append(expected)
    free = trained(fat, os.path.join(scratch, name, "fat-free"), 4, data)
    assert free == results[-1], f"{name}: the best level was not taken"
    again = compile_model(source, os.path.join(scratch, name, "fat2"), "--march=portable", *options)
    with open(fat, "rb") as first, open(again, "rb") as second:
        assert first.read() == second.read(), f"{name}: two compilations differ"

out, err = execute([fat, "info"], "x86-64-v9", expect=64)
assert "AGON_ISA" in err and "x86-64-v3" in err and "x86-64-v4" in err, err
if "x86-64-v4" not in levels:
    out, err = execute([fat, "info"], "x86-64-v4", expect=64)
    assert "lacks" in err, err
