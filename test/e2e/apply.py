# RUN: %python %s %t
"""`apply`, and the features that `measure` compares: networks that take records alone."""

import array
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy, write_npy
from support import compile_model, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
random.seed(5)

# G makes N(0, I); F gives three times the point and a 0, C's greatest score is the sign of the first number.
PLANE = """const batch = 500
network G(z: [2]) -> [2] { param s: [1] = 1; return s * z }
network F(v: [2]) -> ([1], [3]) { param s: [1] = 3; return (s, concat(s * v, 0 * v[0:1])) }
network C(v: [2]) -> [2] { param s: [1] = 1000; return s * v[0] * [1, -1] }
game plane {
  data (x: [2], y: class(2))
  noise z: [2] ~ normal(0, 1)
  let (w, features) = F(x)
  player P(G, F, C) minimizes E[(G(z) - x)^2] + E[float(y)] + sum(w) + E[features] + E[C(G(z))] with sgd(lr = 0)
}
"""


def path(name):
    return os.path.join(scratch, name)


def write(name, rows):
    write_npy(path(name), [len(rows), len(rows[0])], [number for row in rows for number in row])
    return path(name)


def measure(*options):
    """name -> metric"""
    run([plane, "measure", "--from", path("run"), *options, "--json", path("measured.json")])
    with open(path("measured.json"), encoding="utf-8") as file:
        return {metric["name"]: metric for metric in json.load(file)["metrics"]}


def near(metric, expected, tolerance):
    assert abs(metric["value"] - expected) <= tolerance, (metric, expected)


with open(path("plane.agon"), "w", encoding="utf-8") as file:
    file.write(PLANE)
plane = compile_model(path("plane.agon"), path("plane"))
points = [[random.gauss(0, 1), random.gauss(0, 1)] for _ in range(2000)]
same, label = write("points.npy", points), write("labels.npy", [[0]] * 2000)
run([plane, "train", "--steps", "0", "--out", path("run"), "--quiet", "--force", "--data", f"x={same}", "--data",
     f"y={label}"])

shifted = write("shifted.npy", [[random.gauss(1, 1), random.gauss(0, 1)] for _ in range(1777)])
words = ["--data", f"x={shifted}", "--metric", "frechet,precision,sliced"]
plain, got = measure(*words), measure(*words, "--features", "F")
near(plain["frechet"], 1, 0.2)
near(got["frechet"], 9 * plain["frechet"]["value"], 1e-4)
near(got["precision"], plain["precision"]["value"], 0.002)  # F computes in single precision
assert got["frechet"]["protocol"] == {"samples": 10000, "records": 1777, "features": "F, 3 numbers"}, got["frechet"]
assert got["sliced"] == plain["sliced"], got["sliced"]
got = measure("--metric", "inception,frechet", "--features", "C")
near(got["inception"], 2, 0.01)
assert got["inception"]["protocol"] == {"samples": 10000, "classes": "C, 2 numbers", "parts": 10}, got["inception"]
assert "inception" not in measure("-n", "100", "--features", "C")

# Three whole minibatches, and a part of one.
run([plane, "apply", "--from", path("run"), "--network", "F", "--data", f"x={shifted}", "-o", path("three.npy")])
shape, values = read_npy(path("three.npy"))
_, records = read_npy(shifted)
assert shape == [1777, 3], shape
for i in range(1777):
    exact = [3 * number for number in array.array("f", records[2 * i:2 * i + 2])]
    assert values[3 * i:3 * i + 3] == list(array.array("f", exact)) + [0], i
run([plane, "apply", "--from", path("run"), "--network", "C", "-o", path("signs.npy")])  # of the run's file
shape, values = read_npy(path("signs.npy"))
assert shape == [2000, 2] and all((values[2 * i] > 0) == (points[i][0] > 0) for i in range(2000))

# Neither makes samples of what takes records, nor records of what takes noise.
takes = "expected a network that takes records alone (F, C), got"
for code, words, message in [
        (64, ["measure", "--features", "G"], f"{takes} network 'G'"),
        (64, ["measure", "--metric", "inception"], "inception needs --features F, a network that gives a score for"),
        (64, ["apply", "--network", "G", "-o", "a.npy"], f"{takes} network 'G'"),
        (64, ["apply", "--network", "E", "-o", "a.npy"], f"{takes} unknown network 'E'"),
        (64, ["apply", "--network", "F", "-o", "a.png"], "expected an output file that ends in .npy, got a.png"),
        (65, ["apply", "--network", "F", "-o", "a.npy", "--data", f"x={label}"], "x expects records of [2], got 2000"),
        (64, ["apply", "-o", "a.npy"], "apply needs --network NAME"),
        (64, ["sample", "--network", "F", "-o", "a.npy"], "expected a generator (G), got network 'F'")]:
    said = run([plane, words[0], "--from", path("run"), *words[1:]], code)[1]
    assert message in said and len(said.splitlines()) == 1, said
