# RUN: %python %s %examples %t
"""The examples on digits, trained briefly on blobs in ten places: each learns what it is there for."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run, small_digits

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
