# RUN: %python %s %examples %t
"""The examples on digits, trained briefly on blobs in ten places, and those on CIFAR-10, on flags of two colours: each
learns what it is there for."""

import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy
from support import compile_model, run, small_digits, write_idx

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)


def path(name):
    return os.path.join(scratch, name)


def bound(data):
    return [word for field, file in data.items() for word in ("--data", f"{field}={file}")]


def trained(name, steps, data, *options):
    """The binary of an example and its run."""
    binary, out = compile_model(os.path.join(examples, name + ".agon"), path(name)), path(name + "-run")
    run([binary, "train", "--steps", str(steps), "--seed", "1", "--out", out, "--quiet", "--force",
         *bound(data), *options])
    return binary, out


def check(name, steps, data, evaluated, metric, low, high, *options):
    """The metric of the example after training, on the data evaluated where there is other."""
    binary, out = trained(name, steps, data, *options)
    value = json.loads(run([binary, "eval", "--from", out, "--json", *bound(evaluated)])[0])["metrics"][metric]
    print(f"{name}: {metric} {value:.4f}", flush=True)
    assert low <= value <= high, f"expected {low} to {high}"


images, labels = small_digits(scratch)
run([sys.executable, os.path.join(examples, "pick_labels.py"), images, labels, "10", path("few")])
with open(path("few-labels.idx"), "rb") as file:
    assert sorted(file.read()[8:]) == sorted(list(range(10)) * 10)
few = {"x": path("few-images.idx"), "y": path("few-labels.idx"), "u": images}
check("semisupervised", 40, few, {"x": images, "y": labels}, "error", 0, 0.05)
check("infogan", 250, {"x": images, "y": labels}, {}, "told", 0.4, 1)
# Both begin at 0.2, the blobs' distance from grey.
fast = ["--set", "D.lr=1e-3", "--set", "P.lr=1e-3"]
check("bigan", 200, {"x": images}, {}, "reconstruction", 0, 0.12, *fast)
check("adversarial_autoencoder", 40, {"x": images}, {}, "reconstruction", 0, 0.02)
# The generator was trained elsewhere, and a constant z would leave 1.
_, generator = trained("dcgan_mnist", 20, {"x": images})
check("inference", 80, {"x": images}, {}, "unexplained", 0, 0.8, "--init", f"G={generator}", "--set", "I.lr=1e-3")

# The control holds the mean losses of samples and of digits at the ratio gamma, once it has begun.
for gamma in (0.5, 0.8):
    binary, out = compile_model(os.path.join(examples, "began.agon"), path("began"), "-D", "width=32", "-D",
                                f"gamma={gamma}", "-D", "control=0.1"), path("began-run")
    run([binary, "train", "--steps", "800", "--seed", "1", "--out", out, "--quiet", "--force", "--log-every", "1",
         *bound({"x": images}), "--set", "P.lr=2e-3", "--set", "G.lr=2e-3"])
    with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
        rows = [dict(zip(("step", "P", "G", "ratio", "convergence", "variety", "k"), map(float, line.split(","))))
                for line in list(file)[401:]]
    real = [row["P"] + row["k"] * row["G"] for row in rows]
    share = sum(row["G"] for row in rows) / sum(real)
    print(f"began: ratio {share:.3f}, k to {rows[-1]['k']:.3f}", flush=True)
    assert abs(share - gamma) < 0.1 * gamma and rows[-1]["k"] > 0, (gamma, share)

# Flags are red above and blue below; samples are so too, in the mean of a colour over a half.
colours, source = ([200, 120, 40], [40, 120, 200]), random.Random(3)
write_idx(path("flags.idx"), (200, 3, 32, 32),
          [colours[y // 16][c] + source.randrange(-20, 21) for _ in range(200) for c in range(3) for y in range(32)
           for _ in range(32)])
for name, steps, options in (("dense", 300, []), ("convolutional", 150, ["-D", "convolutional=true"])):
    binary, out = compile_model(os.path.join(examples, "cifar_2014.agon"), path(name), "-D", "wide=64", "-D",
                                "maxouts=16", "-D", "batch=20", *options), path(name + "-run")
    run([binary, "train", "--steps", str(steps), "--seed", "1", "--out", out, "--quiet", "--force", "--data",
         f"x={path('flags.idx')}"])
    run([binary, "sample", "--from", out, "-n", "20", "-o", path("flags.npy"), "--force"])
    values = list(read_npy(path("flags.npy"))[1])
    red, blue = ([sum(sum(values[first:first + 512]) for first in range(1024 * c + half, len(values), 3072)) / 20 / 512
                  for half in (0, 512)] for c in (0, 2))
    print(f"cifar_2014, {name}: red {red}, blue {blue}", flush=True)
    assert red[0] > red[1] + 0.1 and blue[1] > blue[0] + 0.1
