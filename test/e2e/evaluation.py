# RUN: %python %s %t
"""`eval` is the mean over all records: whatever the minibatch is, for fields of
different lengths, and for expectations within and between others."""

import json
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run

MODEL = """const batch = 8
network D(x: [2]) -> [1] = x |> dense(3) |> tanh |> dense(1)
network theta() -> [1] { param w: [1] = 3; return w }
game g {
  data (a: [2], y: class(3))
  data b: [2]
  noise z: [2] ~ normal(0, 1)
  value V = E[a[0]] - 2 * E[b[0]]
  let p = theta()
  player D minimizes V * 1 + 0 * E[D(a)] with sgd(lr = 0)
  player theta maximizes E[p * p] with sgd(lr = 0)
  play { D; theta }
  metric label = E[float(y)]
  metric spread = sqrt(E[a^2] - E[a]^2)
  metric variance = E[(sum(a) - E[sum(a)])^2]
  metric deep = E[(sum(a) - E[sum(a)] * E[b[1] - E[b[1]] * 2])^2]
  metric product = E[a[0]] * E[b[1]] / E[float(y) + 1]
  metric mixed = E[a[0] * b[1]]
  metric bound = E[a[0]] - log(E[exp(100 * b[1])])
  metric square = E[p * p]
  metric within = max(batch_mean(a[0])) + E[b[0]]
  metric draws = E[sum(z^2)]
  metric slope = E[sum(grad(sum(a^2), a))]
}
"""

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
random.seed(3)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def close(got, expected, name):
    assert abs(got - expected) <= 2e-5 * max(1, abs(expected)), (name, got, expected)


def expected(a, b, y):
    first, second = [v[0] for v in a], [v[1] for v in b]
    sums = [sum(v) for v in a]
    every = [v for row in a for v in row]
    factor = mean(sums) * mean(v - mean(second) * 2 for v in second)
    longer = max(len(a), len(b))
    top = max(second)
    return {
        "label": mean(y),
        "spread": math.sqrt(mean(v * v for v in every) - mean(every) ** 2),
        "variance": mean((s - mean(sums)) ** 2 for s in sums),
        "deep": mean((s - factor) ** 2 for s in sums),
        "product": mean(first) * mean(second) / mean(k + 1 for k in y),
        "mixed": mean(first[i % len(a)] * second[i % len(b)] for i in range(longer)),
        "bound": mean(first) - (100 * top + math.log(mean(math.exp(100 * (v - top)) for v in second))),
        "square": 9,
        "within": mean(mean(first[k % len(a)] for k in range(start, start + 8))
                       for start in (i - i % 8 for i in range(len(a)))) + mean(v[0] for v in b),
        "slope": 2 * mean(sums),
    }, mean(first) - 2 * mean(v[0] for v in b)


def evaluate(binary, folder, a, b, y, *options):
    files = {"a": a, "b": b, "y": y}
    for name, rows in files.items():
        shape = [len(rows)] + ([2] if name != "y" else [])
        flat = rows if name == "y" else [v for row in rows for v in row]
        write_npy(os.path.join(folder, name + ".npy"), shape, flat)
    data = [word for name in files for word in ("--data", f"{name}={folder}/{name}.npy")]
    out = os.path.join(folder, "run")
    run([binary, "train", "--steps", "0", "--out", out, "--quiet", "--force", *data])
    return json.loads(run([binary, "eval", "--from", out, "--json", *options])[0])


compiled = {}
for batch in (1, 8):
    source, binary = os.path.join(scratch, f"m{batch}.agon"), os.path.join(scratch, f"m{batch}")
    with open(source, "w", encoding="utf-8") as file:
        file.write(MODEL.replace("batch = 8", f"batch = {batch}"))
    compile_model(source, binary)
    compiled[batch] = binary

for records, others in ((10, 10), (8, 3), (3, 17), (1, 1), (17, 30)):
    point = lambda: [random.randint(-64, 64) / 32, random.randint(-64, 64) / 32]
    a, b = [point() for _ in range(records)], [point() for _ in range(others)]
    y = [1 if i >= records - 2 else 0 for i in range(records)]
    values, objective = expected(a, b, y)
    for batch, binary in compiled.items():
        got = evaluate(binary, scratch, a, b, y)
        assert got["records"] == max(records, others), got
        close(got["objectives"]["D"], objective, "D")
        close(got["objectives"]["theta"], 9, "theta")
        for name, value in values.items():
            if name == "within" and batch != 8:
                value = expected(a, b, y)[1] + 3 * mean(v[0] for v in b)  # each minibatch is one record
            close(got["metrics"][name], value, (name, records, others, batch))
        if records > 5 and batch == 8:
            assert 0 < got["metrics"]["draws"] < 20, got
            assert got == evaluate(binary, scratch, a, b, y, "--threads", "1"), "threads"
# A mean of large numbers is finite, though their sum is not.
for real, large in (("f32", 3e38), ("f64", 1.7e308)):
    binary = compile_model(os.path.join(scratch, "m8.agon"), os.path.join(scratch, "large"), f"--float={real}")
    for signs in ([1] * 20, [1, -1] * 9, [1, 1, -1] * 7):
        rows = [[sign * large, 0] for sign in signs]
        got = evaluate(binary, scratch, rows, [[0, 0]] * 3, [0] * len(rows))
        close(got["objectives"]["D"] / large, mean(signs), (real, signs))
print("every record counts once")
