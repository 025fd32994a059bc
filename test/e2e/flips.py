# RUN: %python %s %t
"""Pictures mirrored at random: half of the draws, a function of seed, draw and position; in training alone; a resumed
run goes on with them to the same bits, and does not begin or end doing it."""

import csv
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from data_files import npy
from support import compile_model, run

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
# The objective is what the picture shows: its columns' numbers in the order of their places, a decimal digit each.
MODEL = """const batch = 1
network C(x: [2, 2, 3]) -> [] {
  param w: [1] ~ normal(0, 1)
  return sum(x * [[[100, 10, 1], [0, 0, 0]], [[0, 0, 0], [100000, 10000, 1000]]]) + 0 * sum(w)
}
game flips {
  data x: [2, 2, 3]
  player C minimizes E[C(x)] with sgd(lr = 0)
  metric seen = E[C(x)]
}
"""


def path(name):
    return os.path.join(scratch, name)


def write(name, content):
    with open(path(name), "wb") as file:
        file.write(content)
    return path(name)


binary = compile_model(write("flips.agon", MODEL.encode()), path("flips"))
# Record i shows 123456, 234567, ...; channels last, so that they are turned, too, and plain.
RECORDS = 4
digits = [[i + d for d in range(1, 7)] for i in range(RECORDS)]
first = [bytes([*of[3:], 0, 0, 0, 0, 0, 0, *of[:3]]) for of in digits]  # [c, h, w]
last = [bytes(planes[c * 6 + p] for p in range(6) for c in range(2)) for planes in first]
plain = write("first.npy", npy((RECORDS, 2, 2, 3), "|u1", b"".join(first)))
turned = write("last.npy", npy((RECORDS, 2, 3, 2), "|u1", b"".join(last)))
wide = write("wide.npy", npy((RECORDS, 2, 2, 3), "|i1", b"".join(first)))


def number(of):
    return int("".join(map(str, of)))


straight = [number(of) for of in digits]
mirrored = [number(of[2::-1] + of[:2:-1]) for of in digits]


def train(out, steps, *words, expect=0):
    return run([binary, "train", "--quiet", "--steps", str(steps), "--out", path(out), *words], expect)


def objectives(out):
    with open(path(f"{out}/log.csv"), encoding="utf-8") as file:
        return [int(float(row["C"])) for row in csv.DictReader(file)]


STEPS = 400
often = ["--log-every", "1", "--seed", "5"]
train("flipped", STEPS, *often, "--data", f"x={plain}", "--flip", "x")
train("straight", STEPS, *often, "--data", f"x={plain}")
seen, without = objectives("flipped"), objectives("straight")
assert len(seen) == STEPS and set(without) == set(straight), set(without)
assert set(seen) == set(straight) | set(mirrored), set(seen)
# The order of records is the same, and each is mirrored about half the time: 100 draws, standard deviation 5.
for a, b in zip(seen, without):
    assert a in (b, mirrored[straight.index(b)]), (a, b)
for of in range(RECORDS):
    count = seen.count(mirrored[of])
    assert 30 < count < 70, count
# Stored otherwise, the same.
for file in (turned, wide):
    train("other", STEPS, *often, "--force", "--data", f"x={file}", "--flip", "x")
    assert objectives("other") == seen, file
train("other", STEPS, *often[:2], "--seed", "6", "--force", "--data", f"x={plain}", "--flip", "x")
assert objectives("other") != seen
# A run goes on with it.
train("parts", 131, *often, "--data", f"x={plain}", "--flip", "x")
train("parts", 132, "--resume", "--flip", "x")
train("parts", STEPS, "--resume", "--data", f"x={plain}")
assert objectives("parts") == seen
with open(path("parts/run.json"), encoding="utf-8") as file:
    assert json.load(file)["data"][0]["flipped"] == ["x"]
# One that was begun without does not begin to do it.
_, said = train("straight", STEPS + 1, "--resume", "--flip", "x", expect=65)
assert "data x: mirrored at random were [], are [x]" in said, said
# Evaluation sees every record once, as it is.
report = json.loads(run([binary, "eval", "--from", path("flipped"), "--json"])[0])
assert report["objectives"]["C"] == sum(straight) / RECORDS, report
