# RUN: %python %s %examples %build/test/gpu/stub %t ring seqgan quadratic cyclegan %if long %{ long %}
"""Games train two iterations on the emulated device, by way of the stub of the driver, as they do on the CPU: every
tensor of the checkpoint to 1e-5 of its norm in f32, or as near as code of the CPU that sums in another order (-O0)
comes to it, and the same bits twice. `long` takes every example."""

import math
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import data_options, examples_in, read_safetensors, relative_distance, run, small

TOLERANCE = 1e-5
# Times the distance between two codes of the CPU.
SPREAD = 4


def train(binary, scratch, name, words, environment=None):
    out = os.path.join(scratch, name)
    result = subprocess.run([binary, "train", "--steps", "2", "--seed", "3", "--threads", "2", "--out", out, "--force",
                             "--quiet", *words], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
    return os.path.join(out, "checkpoint.safetensors")


def without_gradient(tensors):
    """The parameters whose gradient is nothing but rounding, such as biases before a normalisation: their moments are
    a hundred thousandth of the others'. An optimizer that divides by the gradient's size makes of it what it will."""
    groups = {}
    for name, values in tensors.items():
        moment = re.fullmatch(r"optimizer\.(\w+\.\w+\.m)\.(.+)", name)
        if moment and values:
            size = math.sqrt(sum(value * value for value in values) / len(values))
            groups.setdefault(moment[1], {})[moment[2]] = size
    return {name for group in groups.values() for name, size in group.items() if size < 1e-5 * max(group.values())}


def compare(file, stub, scratch, *options):
    name = os.path.splitext(os.path.basename(file))[0]
    binary, kernels = os.path.join(scratch, name), os.path.join(scratch, name + ".so")
    words = ["-D", "batch=4", *small(file), "--target=cuda", *options]
    run(["agonc", file, "-o", binary, *words])
    run(["agonc", file, "-o", binary + ".ll", "--emit=gpu", *words])
    # Without checks of memory, which kernels of every kind have in test/unit/gpu: five times the time.
    run(["agon-emulate", binary + ".ll", "-o", kernels, "--unchecked"])
    data = data_options(binary, scratch)
    environment = {**os.environ, "AGON_EMULATED_KERNELS": kernels, "LD_LIBRARY_PATH": stub}
    files = [train(binary, scratch, f"{name}-{again}", [*data, "--device", "cuda"], environment) for again in (1, 2)]
    contents = [open(path, "rb").read() for path in files]
    assert contents[0] == contents[1], f"{name}: two runs differ"
    device = read_safetensors(files[0])
    cpu = read_safetensors(train(binary, scratch, name + "-cpu", [*data, "--device", "cpu"]))
    assert device.keys() == cpu.keys(), name
    noise = without_gradient(cpu)
    compared = [tensor for tensor in cpu if not any(tensor == each or tensor.endswith("." + each) for each in noise)]
    far = {tensor: distance for tensor in compared
           if (distance := relative_distance(device[tensor], cpu[tensor])) > TOLERANCE}
    print(f"{name}: {len(compared)} of {len(cpu)} tensors, {len(far)} beyond {TOLERANCE}")
    if far:
        run(["agonc", file, "-o", binary + "-plain", "-O0", "-D", "batch=4", *small(file), *options])
        plain = read_safetensors(train(binary + "-plain", scratch, name + "-plain-run", data))
        spread = {tensor: relative_distance(plain[tensor], cpu[tensor]) for tensor in far}
        worst = max(far, key=lambda tensor: far[tensor] / (spread[tensor] + TOLERANCE))
        print(f"    {worst} by {far[worst]:.1e}; -O0 differs by {spread[worst]:.1e}")
        far = {tensor: far[tensor] for tensor in far if far[tensor] > SPREAD * spread[tensor]}
    return far


def main():
    examples, stub, scratch, *names = sys.argv[1:]
    os.makedirs(scratch, exist_ok=True)
    if "long" in names:
        names = [os.path.splitext(file)[0] for file in examples_in(examples, names)]
    far = {}
    for name in names:
        if wrong := compare(os.path.join(examples, name + ".agon"), stub, scratch):
            far[name] = wrong
    assert not far, far


if __name__ == "__main__":
    main()
