# RUN: %python %s %root %build/test/gpu/stub %t ring seqgan quadratic cyclegan volumes %if long %{ long %}
# RUN: %python %s %root %build/test/gpu/stub %t-tf32 ring unrolled --precision=tf32 %if long %{ long %}
# RUN: %python %s %root %build/test/gpu/stub %t-bf16 ring --precision=bf16 %if long %{ long %}
# RUN: %python %s %root %build/test/gpu/stub %t-f64 ring quadratic --float=f64 %if long %{ unrolled cyclegan %}
"""Games train two iterations on the emulated device, by way of the stub of the driver, as they do on the CPU: every
tensor of the checkpoint to 1e-5 of its norm in f32 and 1e-12 in f64, weights to 1e-2 with products in TF32 or bf16.
What is further apart is judged by how much the game makes of rounding: in f32 the device is to be as near, within some
times, to f64 as the CPU is; else the two as near to each other as the CPU comes to itself when it begins with weights
that are moved to their neighbours, in TF32 and bf16 to numbers of bf16. And the same bits twice. All begin with the
same initial state, which the device makes, too, to the same tolerance, 1e-5 at most: a batch normalisation of two
samples makes hundreds of times as much of what differs. Games are examples, or of the folder `Inputs` beside this file.
`long` takes all of them, and in f32 every model of bench/models, in small sizes."""

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
from support import data_options, read_safetensors, relative_distance, run, small, write_safetensors

TOLERANCE = 1e-5
LESS = 1e-2  # in TF32 and bf16
MORE = 1e-12  # in f64
# Times the CPU's distance from f64, or between two of its runs of which one rounds once: products in bf16 round in each
# of the gradients that a turn takes.
SPREAD = 4


def to_bf16(value, index):
    """The nearest number of 8 bits, ties to even."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000))[0]


def to_neighbour(value, index):
    """The next number of f64, upwards and downwards in turns; zero stays."""
    return math.nextafter(value, math.inf if index % 2 else -math.inf) if value else value


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


def distances(one, other, tensors):
    """By how much each of the tensors differs. Second moments are squares: their roots."""
    def values(of, tensor):
        return [math.sqrt(abs(value)) for value in of[tensor]] if ".v." in tensor else of[tensor]
    return {tensor: relative_distance(values(one, tensor), values(other, tensor)) for tensor in tensors}


def beyond(one, other, tensors, tolerance):
    """The tensors that differ by more than the tolerance, and by how much."""
    return {tensor: distance for tensor, distance in distances(one, other, tensors).items() if distance > tolerance}


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


def sizes(file):
    """Minibatches of four samples, and the constants that make the game small."""
    words = small(file)
    return words if any(word.startswith("batch=") for word in words) else ["-D", "batch=4", *words]


class Game:
    """A model, compiled for both and for the emulated device, that begins with one initial state."""

    def __init__(self, file, stub, scratch, options):
        self.file, self.options, self.name = file, options, os.path.splitext(os.path.basename(file))[0]
        self.is_less = any(option.startswith("--precision=") for option in options)
        self.is_double = "--float=f64" in options
        self.tolerance = LESS if self.is_less else MORE if self.is_double else TOLERANCE
        self.binary, kernels = os.path.join(scratch, self.name), os.path.join(scratch, self.name + ".so")
        words = [*sizes(file), "--target=cuda", *options]
        run(["agonc", file, "-o", self.binary, *words])
        run(["agonc", file, "-o", self.binary + ".ll", "--emit=gpu", *words])
        # Without checks of memory, which kernels of every kind have in test/unit/gpu: it takes less time.
        run(["agon-emulate", self.binary + ".ll", "-o", kernels, "--unchecked"])
        self.data = data_options(self.binary, scratch)
        self.environment = {**os.environ, "AGON_EMULATED_KERNELS": kernels, "LD_LIBRARY_PATH": stub}
        self.first = self.binary + "-first"
        self.initial = read_safetensors(train(self.binary, self.first, 0, [*self.data, "--device", "cpu"]))
        made = read_safetensors(self.on_device("made", 0, None))
        far = beyond(made, self.initial, self.initial, min(self.tolerance, TOLERANCE))
        assert not far, f"{self.name}: the initial state differs: {far}"

    def on_device(self, run_name, steps, begin):
        return train(self.binary, f"{self.binary}-{run_name}", steps, [*self.data, "--device", "cuda"],
                     self.environment, begin)

    def on_cpu(self, steps):
        return read_safetensors(train(self.binary, self.binary + "-cpu", steps, [*self.data, "--device", "cpu"],
                                      begin=self.first))

    def from_first(self, binary, steps, move=lambda value, index: value):
        """As the CPU has it that begins with the first weights, each of them moved."""
        with open(os.path.join(self.first, "checkpoint.safetensors"), "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        words = []
        for network in json.loads(run([binary, "info", "--json"])[0])["networks"]:
            tensors = {name: (header[name]["shape"], [move(value, index) for index, value in enumerate(values)])
                       for name, values in self.initial.items() if name.startswith(network["name"] + ".")}
            if tensors:
                path = f"{self.binary}-{network['name']}.safetensors"
                write_safetensors(path, tensors, "d" if self.is_double else "f")
                words += ["--init", f"{network['name']}={path}"]
        return read_safetensors(train(binary, self.binary + "-from-first", steps,
                                      [*self.data, *words, "--device", "cpu"]))

    def exact(self, steps):
        """As the CPU has it in f64."""
        binary = self.binary + "-f64"
        run(["agonc", self.file, "-o", binary, "--float=f64", *sizes(self.file)])
        return self.from_first(binary, steps)

    def moved(self, steps):
        """How far each tensor of the CPU comes to lie if only the weights that it begins with are moved: as a game of
        four samples may make much of little, too."""
        move = to_neighbour if self.is_double else to_bf16
        here, there = self.from_first(self.binary, steps), self.from_first(self.binary, steps, move)
        return distances(there, here, here)

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
        if self.is_less:
            # Gradients in less precision are what cancels; the weights that they move are what counts.
            compared = [tensor for tensor in compared
                        if not tensor.startswith("optimizer.") and any(self.initial[tensor])]
        far = beyond(device, cpu, compared, self.tolerance)
        print(f"{' '.join([self.name, *self.options])}, {steps} iterations: {len(compared)} of {len(cpu)} tensors, "
              f"{len(far)} beyond {self.tolerance}")
        if not far:
            return far
        if self.is_less or self.is_double:
            spread, what = self.moved(steps), "moving its first weights moves it by"
        else:
            exact = self.exact(steps)
            far, spread = distances(device, exact, far), distances(cpu, exact, far)
            what = "from f64, the CPU by"
        worst = max(far, key=lambda tensor: far[tensor] / (spread[tensor] + self.tolerance))
        print(f"    {worst} by {far[worst]:.1e}, {what} {spread[worst]:.1e}")
        return {tensor: far[tensor] for tensor in far if far[tensor] > max(self.tolerance, SPREAD * spread[tensor])}


def compare(file, stub, scratch, *options):
    game = Game(file, stub, scratch, options)
    # The first step of an optimizer that divides by the gradient's size may make much of little: then one is judged.
    return game.judge(2) and game.judge(1)


def main():
    root, stub, scratch, *names = sys.argv[1:]
    options = [name for name in names if name.startswith("--")]
    names = [name for name in names if name not in options]
    os.makedirs(scratch, exist_ok=True)
    folders = [os.path.join(root, folder) for folder in ("examples", "test/gpu/Inputs", "bench/models")]
    files = [next(path for folder in folders if os.path.exists(path := os.path.join(folder, name + ".agon")))
             for name in names if name != "long"]
    if "long" in names:
        files = [path for folder in folders[:2 if options else 3]
                 for path in sorted(glob.glob(os.path.join(folder, "*.agon")))]
    far = {}
    for file in files:
        if wrong := compare(file, stub, scratch, *options):
            far[os.path.relpath(file, root)] = wrong
    assert not far, far


if __name__ == "__main__":
    main()
