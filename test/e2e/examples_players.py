# RUN: %python %s %examples %data %t %if long %{ long %}
"""The examples of many players are trained and reach what their headers say: those on sources in a few steps with wider
bounds, in long runs as the headers have it; those on images in long runs."""

import csv
import gzip
import json
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, read_safetensors, run, write_idx

examples, data, scratch = sys.argv[1:4]
LONG = len(sys.argv) > 4
os.makedirs(scratch, exist_ok=True)
MNIST = os.path.join(data, "mnist")


def path(*parts):
    return os.path.join(scratch, *parts)


def compiled(name, *constants):
    defines = [word for constant in constants for word in ("-D", constant)]
    return compile_model(os.path.join(examples, name + ".agon"), path("-".join([name, *constants])), *defines)


def train(binary, steps, *options, seed=0):
    """The directory of a run."""
    run([binary, "train", "--steps", str(steps), "--seed", str(seed), "--out", binary + "-run", "--force", "--quiet",
         "--threads", "1", *options])
    return binary + "-run"


def metrics(binary, out, *options):
    return json.loads(run([binary, "eval", "--from", out, "--json", *options])[0])["metrics"]


def digits(part, *fields):
    kind = {"x": "images-idx3", "y": "labels-idx1"}
    return [word for field in fields
            for word in ("--data", f"{field}={os.path.join(MNIST, f'{part}-{kind[field]}-ubyte.gz')}")]


def within(found, bounds):
    """What is out of its bounds, as texts."""
    return [f"{name} is {found[name]:.4g}, not within {low} to {high}"
            for name, (low, high) in bounds.items() if not low <= found[name] <= high]


# Of examples on sources: constants, steps and bounds, short and long.
SOURCES = {
    "acgan": ((), 300, {"named": (0.9, 1)}, (), 1500, {"named": (0.999, 1)}),
    "adversarial_training": (
        ("steps=400",), 400, {"clean": (0.92, 0.97), "robust": (0.9, 0.97), "plain_clean": (0.99, 1),
                              "plain_robust": (0, 0.05)},
        (), 1000, {"clean": (0.94, 0.96), "robust": (0.94, 0.96), "plain_clean": (0.998, 1),
                   "plain_robust": (0, 0.01)}),
    "conditionals": (
        ("steps=1000",), 1000, {"first": (0.5, 1), "second": (0.5, 1), "both": (0.5, 1), "upper": (0.3, 0.7)},
        (), 10000, {"first": (0.9, 1), "second": (0.9, 1), "both": (0.9, 1), "upper": (0.45, 0.55)}),
    "cyclegan": ((), 300, {"to_zebra": (0, 0.05), "untouched": (0.14, 0.18)},
                 (), 300, {"to_zebra": (0, 0.03)}),
    "factor_gan": (("steps=1000",), 1000, {"sharpe": (0.05, 0.5), "falling": (0.04, 0.2), "loss": (-3.5, -0.3)},
                   (), 4000, {"sharpe": (0.2, 0.3), "falling": (0.08, 0.12), "loss": (-1.9, -1.1)}),
    "seqgan": ((), 500, {"balanced": (0.5, 1)}, (), 2000, {"balanced": (0.9, 1)}),
}


def of_source(name):
    constants, steps, bounds = SOURCES[name][3:] if LONG else SOURCES[name][:3]
    binary = compiled(name, *constants)
    return within(metrics(binary, train(binary, steps, seed=int(bool(constants)))), bounds)


def pix2pix():
    binary = compiled("pix2pix")
    found = metrics(binary, train(binary, 600, *digits("train", "x")), *digits("t10k", "x"))
    found["share"] = found["translated"] / found["bilinear"]
    return within(found, {"share": (0, 0.45)})


def adversarial_examples():
    classifier = compiled("classifier")
    weights = train(classifier, 2000, *digits("train", "x", "y"))
    binary = compiled("adversarial_examples")
    out = train(binary, 300, *digits("train", "x", "y"), "--init", f"C={weights}")
    return within(metrics(binary, out, *digits("t10k", "x", "y")), {"clean": (0.9, 1), "accuracy": (0, 0.5)})


def inpainting():
    dcgan = compiled("dcgan_mnist")
    weights = train(dcgan, 2000, *digits("train", "x"))
    with gzip.open(os.path.join(MNIST, "t10k-images-idx3-ubyte.gz")) as file:
        write_idx(path("x.idx"), [64, 28, 28], file.read(16 + 64 * 784)[16:])
    with open(path("number.csv"), "w", encoding="utf-8") as file:
        file.writelines(f"{i}\n" for i in range(64))
    binary = compiled("inpainting")
    out = train(binary, 300, "--data", f"x={path('x.idx')}", "--data", f"i={path('number.csv')}",
                "--init", f"G={weights}")
    with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {part: float(rows[-1][part]) / float(rows[0][part]) for part in ("known", "hidden")}
    if {name: value for name, value in read_safetensors(os.path.join(out, "checkpoint.safetensors")).items()
            if name.startswith("G.")} != {name: value for name, value in read_safetensors(
                os.path.join(weights, "checkpoint.safetensors")).items() if name.startswith("G.")}:
        return ["G has moved"]
    return within(found, {"known": (0, 0.3), "hidden": (0, 0.8)})


def pictures(size):
    """--data x of 40 images, and a file of their labels; each class has its colour."""
    source, labels = random.Random(3), [i % 10 for i in range(40)]
    colours = [[source.randrange(40, 216) for _ in range(3)] for _ in range(10)]
    images = bytes(colours[label][c] + source.randrange(-20, 20) for label in labels for c in range(3)
                   for _ in range(size * size))
    write_idx(path(f"images-{size}.idx"), [40, 3, size, size], images)
    write_idx(path("labels.idx"), [40], labels)
    return ["--data", f"x={path(f'images-{size}.idx')}"]


def objectives(out):
    with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return float(rows[0]["D"]), float(rows[-1]["D"])


def biggan():
    """Orthogonal weights; an update of each player for all minibatches that it accumulates; D learns: at first its
    outputs, sums over 64 positions, are about ten, and so is the loss."""
    binary = compiled("biggan", "batch=8", "ch=2", "parts=2", "chunk=4", "shared=8")
    options = pictures(32) + ["--data", f"y={path('labels.idx')}"]
    begun = read_safetensors(os.path.join(train(binary, 0, *options), "checkpoint.safetensors"))
    W = begun["D.res_block_down_1.conv_0.W"]
    rows = [W[72 * i:72 * i + 72] for i in range(8)]
    skew = max(abs(sum(a * b for a, b in zip(rows[i], rows[j])) - (i == j)) for i in range(8) for j in range(8))
    out = train(binary, 30, *options)
    first, last = objectives(out)
    steps = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    return within({"skew": skew, "share": last / first, "last": last, "D": steps["step.D"][0],
                   "P": steps["step.P"][0]},
                  {"skew": (0, 1e-4), "share": (0, 0.5), "last": (0, 1.6), "D": (60, 60), "P": (30, 30)})


def stylegan2():
    """The lazy penalties are played in iterations 1, 17, 33 and 1, 5, ..., 33; D learns."""
    binary = compiled("stylegan2", "batch=8", "levels=1", "style=8", "base=32", "most=8")
    out = train(binary, 33, *pictures(8))
    first, last = objectives(out)
    steps = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    return within({"share": last / first, "D": steps["step.D"][0], "P": steps["step.P"][0]},
                  {"share": (0, 0.98), "D": (33 + 3, 33 + 3), "P": (33 + 9, 33 + 9)})


checks = [(name, lambda name=name: of_source(name)) for name in SOURCES]
if LONG:
    checks += [(check.__name__, check) for check in (biggan, stylegan2)]
if LONG and os.path.isdir(MNIST):
    checks += [(check.__name__, check) for check in (pix2pix, adversarial_examples, inpainting)]
wrong = []
with ThreadPoolExecutor(2) as pool:
    for (name, _), texts in zip(checks, pool.map(lambda check: check[1](), checks)):
        print(f"{name}:", "; ".join(texts) or "as it says", flush=True)
        wrong += texts
sys.exit(bool(wrong))
