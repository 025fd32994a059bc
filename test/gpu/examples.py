# RUN: %python %s %examples %build/test/gpu/stub %t ring wgan_gp dcgan_mnist seqgan %if long %{ long %}
"""Games train two iterations on the emulated device, by way of the stub of the driver, as they do on the CPU: every
tensor of the checkpoint to 1e-5 of its norm in f32, and the same bits twice. `long` takes every example."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import data_options, examples_in, read_safetensors, relative_distance, run, small

# Sums in another order, and what depends on them over two steps of an optimizer that divides by small numbers.
TOLERANCE = 1e-5


def train(binary, scratch, name, words, environment=None):
    out = os.path.join(scratch, name)
    result = subprocess.run([binary, "train", "--steps", "2", "--seed", "3", "--threads", "2", "--out", out, "--force",
                             "--quiet", *words], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
    return os.path.join(out, "checkpoint.safetensors")


def compare(file, stub, scratch, *options):
    name = os.path.splitext(os.path.basename(file))[0]
    binary, kernels = os.path.join(scratch, name), os.path.join(scratch, name + ".so")
    words = ["-D", "batch=4", *small(file), "--target=cuda", *options]
    run(["agonc", file, "-o", binary, *words])
    run(["agonc", file, "-o", binary + ".ll", "--emit=gpu", *words])
    run(["agon-emulate", binary + ".ll", "-o", kernels])
    data = data_options(binary, scratch)
    environment = {**os.environ, "AGON_EMULATED_KERNELS": kernels, "LD_LIBRARY_PATH": stub}
    files = [train(binary, scratch, f"{name}-{again}", [*data, "--device", "cuda"], environment) for again in (1, 2)]
    contents = [open(path, "rb").read() for path in files]
    assert contents[0] == contents[1], f"{name}: two runs differ"
    device = read_safetensors(files[0])
    cpu = read_safetensors(train(binary, scratch, name + "-cpu", [*data, "--device", "cpu"]))
    assert device.keys() == cpu.keys(), name
    distances = {tensor: relative_distance(device[tensor], cpu[tensor]) for tensor in cpu}
    worst = max(distances, key=distances.get)
    print(f"{name}: {len(cpu)} tensors, {worst} differs most, by {distances[worst]:.1e}")
    return distances[worst]


def main():
    examples, stub, scratch, *names = sys.argv[1:]
    os.makedirs(scratch, exist_ok=True)
    if "long" in names:
        names = [os.path.splitext(file)[0] for file in examples_in(examples, names)]
    far = {}
    for name in names:
        distance = compare(os.path.join(examples, name + ".agon"), stub, scratch)
        if distance > TOLERANCE:
            far[name] = distance
    assert not far, far


if __name__ == "__main__":
    main()
