# RUN: %python %s %t
"""States of library layers change once a turn of their owner, to what their
definition says, and not in another player's turn: u of a spectral norm, p of
ADA, the averages of batch normalisation."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from tensors import Array
from support import compile_model, read_safetensors, run
from weights import places, unit

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# No parameter moves (lr = 0). D is applied twice in its own turn and once in G's.
SOURCE = """
const batch = 4
layer certain(x: [c, h, w]) -> [1] { param w: [1] = 1; return abs(w) + 0 * sum(x) }
network G(z: [2]) -> [2, 4, 4] = z |> dense(32) |> reshape(2, 4, 4)
network D(x: [2, 4, 4], real: []) -> [1] {
  let h = x |> conv(3, 2, weight = spectral_norm) |> deconv(5, 3, weight = spectral_norm)
  let score = h |> batchnorm |> flatten |> dense(1, weight = spectral_norm)
  let apart = x |> deconv(6, 2, groups = 2, weight = spectral_norm)
  return score + mean(apart) + (x |> ada(certain, real, images = 80))
}
game g {
  data  x: [2, 4, 4] ~ normal(0, 1)
  noise z: [2] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x, 1))] + E[softplus(D(G(z), 0))] with sgd(lr = 0)
  player G minimizes E[softplus(-D(G(z), 1))] with sgd(lr = 0)
  play { D; G; G }
}
"""


def matrix(values, shape, axis, groups):
    """[out, rest] of a weight whose outputs lie along `axis`, those of one group of a deconv."""
    return [[values[at] for at in line] for line in places(Array(shape, values), axis, groups)]


def step(u, W):
    u = unit(u)
    v = unit([sum(u[o] * row[i] for o, row in enumerate(W)) for i in range(len(W[0]))])
    return unit([sum(a * b for a, b in zip(row, v)) for row in W])


source = os.path.join(scratch, "states.agon")
with open(source, "w", encoding="utf-8") as file:
    file.write(SOURCE)
binary = compile_model(source, source[:-5], "--float=f64")
info = json.loads(run([binary, "info", "--json"])[0])
shapes = {p["name"]: p["shape"] for n in info["networks"] for p in n["parameters"] + n["states"]}
after = []
for steps in (0, 1, 2, 3):
    directory = os.path.join(scratch, f"run{steps}")
    run([binary, "train", "--steps", str(steps), "--out", directory, "--quiet", "--force", "--seed", "3"])
    after.append(read_safetensors(os.path.join(directory, "checkpoint.safetensors")))

for layer, axis, groups, rows in (("conv_0", 0, 1, 3), ("deconv_0", 1, 1, 5), ("deconv_1", 1, 2, 6),
                                  ("dense_0", 1, 1, 1)):
    name, weight = f"D.{layer}.spectral_norm_0.u", f"D.{layer}.W"
    assert shapes[name] == [rows], (name, shapes[name])
    W = matrix(after[0][weight], shapes[weight], axis, groups)
    for k in range(3):
        expected = step(after[k][name], W)
        worst = max(abs(a - b) for a, b in zip(expected, after[k + 1][name]))
        assert worst < 1e-9, (name, k, worst)

# The critic's sign is 1 for every sample. The step is 2 * 4 / 80, and D's turn holds one application with real = 1 of
# two.
for k in range(4):
    assert abs(after[k]["D.ada_0.p"][0] - 0.05 * k) < 1e-12, after[k]["D.ada_0.p"]

# One update in three turns: the average of the variance keeps 0.9 of what it was, and cannot have lost more.
assert after[0]["D.batchnorm_0.var"] == [1] * 5 and after[0]["D.batchnorm_0.mean"] == [0] * 5
for k in range(3):
    old, new = after[k]["D.batchnorm_0.var"], after[k + 1]["D.batchnorm_0.var"]
    assert all(n > 0.9 * o for o, n in zip(old, new)) and old != new, (old, new)

for name in after[0]:
    if name in shapes and name.split(".")[-1] in ("W", "b", "w", "gamma", "beta"):
        assert after[3][name] == after[0][name], name
print("states change once a turn")
