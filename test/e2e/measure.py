# RUN: %python %s %examples %t
"""`measure`: values that are known in closed form, the data it takes, what it says of bad input."""

import json
import math
import os
import random
import re
import shutil
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run, small_digits

examples, scratch = sys.argv[1:3]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
random.seed(5)

# The generator of LINE makes N(3, 2^2), that of PLANE N(0, I); nothing moves.
LINE = """const batch = 500
network G(z: [1]) -> [1] { param s: [1] = 2; return s * z + 3 }
game line {
  data x: [1]
  noise z: [1] ~ normal(0, 1)
  player G minimizes E[(G(z) - x)^2] with sgd(lr = 0)
}
"""
PLANE = """const batch = 500
network G(z: [2]) -> [2] { param s: [1] = 1; return s * z }
game plane {
  data (x: [2], y: class(2))
  data unread: [1]
  noise z: [2] ~ normal(0, 1)
  player G minimizes E[(G(z) - x)^2] + E[float(y)] + E[unread] with sgd(lr = 0)
}
"""


def path(name):
    return os.path.join(scratch, name)


def build(name, text):
    with open(path(name + ".agon"), "w", encoding="utf-8") as file:
        file.write(text)
    return compile_model(path(name + ".agon"), path(name))


def write(name, rows):
    write_npy(path(name), [len(rows), len(rows[0])], [number for row in rows for number in row])
    return path(name)


def measure(binary, *options, code=0):
    """name -> metric, or what is said on stderr"""
    command = [binary, "measure", "--from", binary + "-run", *options]
    if code:
        return run(command, code)[1]
    out, _ = run([*command, "--json", path("measured.json")])
    with open(path("measured.json"), encoding="utf-8") as file:
        measured = json.load(file)
    lines = out.splitlines()
    assert len(lines) == 1 + len(measured["metrics"]), out
    for line, metric in zip(lines[1:], measured["metrics"]):
        assert line.split()[0] == metric["name"], line
        assert math.isclose(float(line.split()[1]), metric["value"], rel_tol=1e-5, abs_tol=1e-9), line
    return {metric["name"]: metric for metric in measured["metrics"]}


def near(metric, expected, tolerance):
    assert abs(metric["value"] - expected) <= tolerance, (metric, expected)


line = build("line", LINE)
data = write("x.npy", [[random.gauss(1, 1)] for _ in range(6000)])
test = write("test.npy", [[random.gauss(1, 1)] for _ in range(3000)])
run([line, "train", "--steps", "0", "--out", line + "-run", "--quiet", "--data", f"x={data}"])
got = measure(line)
assert list(got) == ["parzen", "wasserstein", "js", "mmd", "kid", "frechet", "precision", "recall", "density",
                     "coverage", "one_nn", "nearest"], list(got)
near(got["frechet"], (3 - 1) ** 2 + (2 - 1) ** 2, 0.25)
# Of N(3, 2^2) and N(1, 1) the quantiles differ by 2 + u, u normal: E |2 + u|.
half_normal = math.sqrt(2 / math.pi) * math.exp(-2) + 2 * (1 - 2 * statistics.NormalDist().cdf(-2))
near(got["wasserstein"], half_normal, 0.08)
assert got["wasserstein"]["protocol"] == {"samples": 10000, "records": 6000}, got["wasserstein"]
# The polynomial kernel in one dimension sees three moments: |sum_k C(3, k) (m_k - m'_k)^2|.
moments, others = (3, 9 + 4, 27 + 9 * 4), (1, 2, 4)
near(got["kid"], sum(math.comb(3, k) * (moments[k - 1] - others[k - 1]) ** 2 for k in (1, 2, 3)), 500)
assert got["kid"]["protocol"]["blocks"] == 6 and got["kid"]["error"] > 0, got["kid"]
assert 0.5 < got["one_nn"]["value"] < 1 and got["one_nn"]["protocol"]["samples"] == 6000
assert got["precision"]["protocol"]["k"] == 3 and got["coverage"]["protocol"]["k"] == 5
assert got["nearest"]["protocol"]["records"] == 6000

# Parzen windows of many samples of N(3, 4) are N(3, 4 + sigma^2).
got = measure(line, "--metric", "parzen", "--test", f"x={test}", "--sigma", "0.5")["parzen"]
assert got["protocol"] == {"samples": 10000, "test": 3000, "test from": test, "sigma": 0.5}, got
expected = -0.5 * math.log(2 * math.pi * 4.25) - (1 + 4) / (2 * 4.25)
near(got, expected, 5 * got["error"])
assert 0.005 < got["error"] < 0.02, got
got = measure(line, "--metric", "parzen", "--validation", "500", "--records", "2000", "-n", "4000")["parzen"]
protocol = got["protocol"]
assert (protocol["samples"], protocol["validation"], protocol["test"]) == (4000, 500, 2000), got
assert protocol["validation from"] == "the end of the data" and protocol["test from"] == "the other records of the data"
assert any(math.isclose(protocol["sigma"], 10 ** (-1 + k / 9), rel_tol=1e-9) for k in range(10)), got
wide = measure(line, "--metric", "parzen", "--sigma", "20,50,4")["parzen"]["protocol"]
assert math.isclose(wide["sigma"], 20) and "try others" in wide["warning"], wide

# A file of another shape, of samples that are copies, of the same distribution.
plane = build("plane", PLANE)
points = [[random.gauss(0, 1), random.gauss(0, 1)] for _ in range(2000)]
same, label, other = write("points.npy", points), write("labels.npy", [[0]] * 2000), write("one.npy", [[0.0]] * 5)
run([plane, "train", "--steps", "0", "--out", plane + "-run", "--quiet", "--data", f"x={same}", "--data",
     f"y={label}", "--data", f"unread={other}"])
os.remove(other)  # which the samples do not need
got = measure(plane, "-n", "2000")
for name, expected, tolerance in [("sliced", 0, 0.06), ("mmd", 0, 0.003), ("frechet", 0, 0.02), ("precision", 1, 0.03),
                                  ("recall", 1, 0.03), ("density", 1, 0.08), ("coverage", 1 - 2 ** -5, 0.02),
                                  ("one_nn", 0.5, 0.04)]:
    near(got[name], expected, tolerance)
near(got["js"], got["js"]["protocol"]["of equal distributions"], 0.5 * got["js"]["value"])
assert measure(plane, "-n", "2000", "--threads", "1") == got
assert measure(plane, "-n", "2000", "--seed", "9")["mmd"] != got["mmd"]
run([plane, "sample", "--from", plane + "-run", "-n", "500", "-o", path("copies.npy")])
got = measure(plane, "-n", "500", "--data", f"x={path('copies.npy')}")  # x alone, without its labels
for name, expected in [("sliced", 0), ("js", 0), ("frechet", 0), ("precision", 1), ("recall", 1), ("one_nn", 0),
                       ("nearest", 0)]:
    near(got[name], expected, 1e-9)
assert measure(plane, "-n", "40", "--metric", "density", "--k", "7", "--records", "40")["density"]["protocol"] == {
    "samples": 40, "records": 40, "k": 7}

# A source has modes, and no records.
ring = compile_model(os.path.join(examples, "ring.agon"), path("ring"))
run([ring, "train", "--steps", "1500", "--out", ring + "-run", "--quiet"])
got = measure(ring, "--sigma", "0.01,1,20")
assert got["modes"]["protocol"] == {"samples": 2500, "of": 8} and "nearest" not in got, got
said = run([ring, "sample", "--from", ring + "-run", "-o", path("ring.png")])[0]
modes, quality = got["modes"]["value"], got["quality"]["value"]
assert said == f"G: modes {modes:.0f} of 8, high-quality samples {100 * quality:.1f} %\n", (said, got)
assert got["modes"]["value"] > 1 and got["parzen"]["protocol"]["test from"] == "the source", got
assert 0 < got["precision"]["value"] < 1 and 0.5 < got["one_nn"]["value"] < 1, got

# Images beside their nearest records.
mnist = compile_model(os.path.join(examples, "mnist_2014.agon"), path("mnist"))
images, labels = small_digits(scratch)
run([mnist, "train", "--steps", "2", "--out", mnist + "-run", "--quiet", "--data", f"x={images}"])
got = measure(mnist, "-n", "300", "--neighbours", path("near.png"), "--metric", "nearest,parzen,kid,recall")
assert got["nearest"]["value"] > 1 and got["parzen"]["protocol"]["validation"] == 40, got
with open(path("near.png"), "rb") as file:
    assert file.read(24)[16:] == bytes([0, 0, 0, 238, 0, 0, 0, 238])  # 8 by 8 images of 28 with gaps of 2

# What cannot be.
for binary, code, words, message in [
        (line, 64, ["--metric", "frechett"], "unknown metric 'frechett'; did you mean frechet?"),
        (line, 64, ["--metric", "mmd,"], "unknown metric ''"),
        (line, 64, ["--metric", "mmd,kid,mmd"], "--metric names mmd twice"),
        (line, 64, ["--metric", "sliced"], "sliced needs points of several numbers; for G there are parzen, was"),
        (plane, 64, ["--metric", "wasserstein"], "wasserstein needs points of one number"),
        (mnist, 64, ["--metric", "js"], "js needs points of one or two numbers"),
        (ring, 64, ["--metric", "nearest"], "nearest needs the records of a file"),
        (line, 64, ["--metric", "modes"], "modes needs a source whose modes are known"),
        (line, 64, ["--metric", "mmd", "--test", f"x={test}"], "--test is of parzen, which is not among the metrics"),
        (plane, 64, ["--test", f"y={label}"], f"--test expects points of x, got y={label}; give --test x=PATH"),
        (line, 64, ["--sigma", "0"], "--sigma expects widths above 0, the least first, got 0"),
        (line, 64, ["--sigma", "1,2"], "--sigma expects a width, or LEAST,GREATEST,COUNT, got 1,2"),
        (line, 64, ["--sigma", "a"], "--sigma expects a number, got 'a'"),
        (line, 64, ["--validation", "6000"], "parzen takes 6000 of the 6000 records of x to choose sigma"),
        (line, 64, ["--metric", "recall", "-n", "4"], "5 neighbours need more points than that, got 4 samples"),
        (line, 64, ["--neighbours", path("a.png")], "--neighbours shows images beside the records of a file; x is no"),
        (line, 64, ["--neighbours", path("a.jpg")], "expected a file that ends in .png, got"),
        (line, 64, ["--network", "D"], "expected a generator (G), got unknown network 'D'"),
        (line, 66, ["--data", "x=nowhere.npy"], "nowhere.npy"),
        (line, 65, ["--data", f"x={same}"], "x expects records of [1], got 2000 of [2]"),
        (line, 65, ["--test", f"x={same}"], "x expects records of [1], got 2000 of [2]"),
        (line, 64, ["-n", "1"], "-count expects a whole number in 2 to 2^40, got 1")]:
    said = measure(binary, *words, code=code)
    assert message in said and len(said.splitlines()) == 1, said
os.remove(data)
assert re.search(r"cannot open .*x\.npy, which the run was trained on", measure(line, code=66))
