# RUN: %python %s %root %build/test/gpu/stub %t ring seqgan quadratic cyclegan %if long %{ long %}
# RUN: %python %s %root %build/test/gpu/stub %t-tf32 ring unrolled --precision=tf32 %if long %{ long %}
# RUN: %python %s %root %build/test/gpu/stub %t-bf16 ring --precision=bf16 %if long %{ long %}
"""Games train two iterations on the emulated device, by way of the stub of the driver, as they do on the CPU: every
tensor of the checkpoint to 1e-5 of its norm in f32, or as near as code of the CPU that sums in another order (-O0)
comes to it; weights to 1e-2 with products in TF32 or bf16, or as near, within some times, as the CPU comes to itself
when it begins with weights that are rounded to bf16; and the same bits twice. All begin with the same initial
state, which the device makes, too, to 1e-5: a batch normalisation of two samples makes hundreds of times as much of
what differs. `long` takes every example, and in f32 every model of bench/models, both in small sizes."""

import glob
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import (data_options, examples_in, read_safetensors, relative_distance, run, small,
                     write_safetensors)

TOLERANCE = 1e-5
# In TF32 and bf16.
LESS = 1e-2
# Times the distance between two codes of the CPU, or between two of its runs of which one rounds once: products in bf16
# round in each of the gradients that a turn takes.
SPREAD = 4


def to_bf16(value):
    """The nearest number of 8 bits, ties to even."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000))[0]


def train(binary, out, steps, words, environment=None, begin=None):
    """Trains in the folder `out`, from a copy of the run `begin` if there is one; returns the checkpoint's file."""
    shutil.rmtree(out, ignore_errors=True)
    if begin:
        shutil.copytree(begin, out)
        # Frozen weights are in the run that goes on.
        words = [word for word, before in zip(words, [None, *words]) if "--init" not in (word, before)]
        words += ["--resume=anyway"]
    result = subprocess.run([binary, "train", "--steps", str(steps), "--seed", "3", "--threads", "2", "--out", out,
                             "--quiet", *words], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"{out}: {result.stdout}{result.stderr}"
    return os.path.join(out, "checkpoint.safetensors")


def beyond(one, other, tensors, tolerance=TOLERANCE):
    """The tensors that differ by more than the tolerance, and by how much. Second moments are squares: their roots."""
    def values(of, tensor):
        return [math.sqrt(abs(value)) for value in of[tensor]] if ".v." in tensor else of[tensor]
    return {tensor: distance for tensor in tensors
            if (distance := relative_distance(values(one, tensor), values(other, tensor))) > tolerance}


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


class Game:
    """A model, compiled for both and for the emulated device, that begins with one initial state."""

    def __init__(self, file, stub, scratch, options):
        self.file, self.options, self.name = file, options, os.path.splitext(os.path.basename(file))[0]
        self.binary, kernels = os.path.join(scratch, self.name), os.path.join(scratch, self.name + ".so")
        words = ["-D", "batch=4", *small(file), "--target=cuda", *options]
        run(["agonc", file, "-o", self.binary, *words])
        run(["agonc", file, "-o", self.binary + ".ll", "--emit=gpu", *words])
        # Without checks of memory, which kernels of every kind have in test/unit/gpu: it takes less time.
        run(["agon-emulate", self.binary + ".ll", "-o", kernels, "--unchecked"])
        self.data = data_options(self.binary, scratch)
        self.environment = {**os.environ, "AGON_EMULATED_KERNELS": kernels, "LD_LIBRARY_PATH": stub}
        self.first = self.binary + "-first"
        self.initial = read_safetensors(train(self.binary, self.first, 0, [*self.data, "--device", "cpu"]))
        made = read_safetensors(self.on_device("made", 0, None))
        far = beyond(made, self.initial, self.initial)
        assert not far, f"{self.name}: the initial state differs: {far}"

    def on_device(self, run_name, steps, begin):
        return train(self.binary, f"{self.binary}-{run_name}", steps, [*self.data, "--device", "cuda"],
                     self.environment, begin)

    def on_cpu(self, steps):
        return read_safetensors(train(self.binary, self.binary + "-cpu", steps, [*self.data, "--device", "cpu"],
                                      begin=self.first))

    def plain(self, steps):
        """As code of the CPU without optimisation has it."""
        binary = self.binary + "-plain"
        run(["agonc", self.file, "-o", binary, "-O0", "-D", "batch=4", *small(self.file)])
        return read_safetensors(train(binary, binary + "-run", steps, self.data, begin=self.first))

    def rounded(self, steps):
        """How far each tensor of the CPU comes to lie if only the weights that it begins with are rounded to bf16: as a
        game of four samples and plain gradients may make much of little, too."""
        networks = [each["name"] for each in json.loads(run([self.binary, "info", "--json"])[0])["networks"]]
        with open(os.path.join(self.first, "checkpoint.safetensors"), "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        ends = []
        for rounding in (lambda value: value, to_bf16):
            words = []
            for network in networks:
                tensors = {name: (header[name]["shape"], [rounding(value) for value in values])
                           for name, values in self.initial.items() if name.startswith(network + ".")}
                if tensors:
                    path = f"{self.binary}-{network}.safetensors"
                    write_safetensors(path, tensors)
                    words += ["--init", f"{network}={path}"]
            ends.append(read_safetensors(train(self.binary, self.binary + "-rounded", steps, [*self.data, *words])))
        return {tensor: relative_distance(ends[1][tensor], ends[0][tensor]) for tensor in ends[0]}

    def judge(self, steps):
        """What differs too much after so many iterations, and by how much."""
        files = [self.on_device(again, steps, self.first) for again in ("once", "twice")]
        contents = [open(path, "rb").read() for path in files]
        assert contents[0] == contents[1], f"{self.name}: two runs differ"
        device, cpu = read_safetensors(files[0]), self.on_cpu(steps)
        assert device.keys() == cpu.keys(), self.name
        noise = without_gradient(cpu)
        compared = [tensor for tensor in cpu
                    if not any(tensor == each or tensor.endswith("." + each) for each in noise)]
        tolerance = LESS if self.options else TOLERANCE
        if self.options:
            # Gradients in less precision are what cancels; the weights that they move are what counts.
            compared = [tensor for tensor in compared
                        if not tensor.startswith("optimizer.") and any(self.initial[tensor])]
        far = beyond(device, cpu, compared, tolerance)
        print(f"{' '.join([self.name, *self.options])}, {steps} iterations: {len(compared)} of {len(cpu)} tensors, "
              f"{len(far)} beyond {tolerance}")
        if far and not self.options:
            plain = self.plain(steps)
            spread = {tensor: relative_distance(plain[tensor], cpu[tensor]) for tensor in far}
            worst = max(far, key=lambda tensor: far[tensor] / (spread[tensor] + TOLERANCE))
            print(f"    {worst} by {far[worst]:.1e}; -O0 differs by {spread[worst]:.1e}")
            far = {tensor: far[tensor] for tensor in far if far[tensor] > SPREAD * spread[tensor]}
        if far and self.options:
            moved = self.rounded(steps)
            worst = max(far, key=lambda tensor: far[tensor] / (moved[tensor] + TOLERANCE))
            print(f"    {worst} by {far[worst]:.1e}; rounding its first weights moves it by {moved[worst]:.1e}")
            far = {tensor: far[tensor] for tensor in far if far[tensor] > SPREAD * moved[tensor]}
        return far


def compare(file, stub, scratch, *options):
    game = Game(file, stub, scratch, options)
    # The first step of an optimizer that divides by the gradient's size may make much of little: then one is judged.
    return game.judge(2) and game.judge(1)


def main():
    root, stub, scratch, *names = sys.argv[1:]
    options = [name for name in names if name.startswith("--")]
    names = [name for name in names if name not in options]
    os.makedirs(scratch, exist_ok=True)
    examples = os.path.join(root, "examples")
    files = [os.path.join(examples, name + ".agon") for name in names if name != "long"]
    if "long" in names:
        files = [os.path.join(examples, file) for file in examples_in(examples, names)]
        files += [] if options else sorted(glob.glob(os.path.join(root, "bench", "models", "*.agon")))
    far = {}
    for file in files:
        if wrong := compare(file, stub, scratch, *options):
            far[os.path.relpath(file, root)] = wrong
    assert not far, far


if __name__ == "__main__":
    main()
