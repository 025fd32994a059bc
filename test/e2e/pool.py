# RUN: %python %s %t
"""The pool of `history`, and states without parameters: what a discriminator saw and what the pool holds after each
iteration, against bookkeeping in plain Python; BEGAN's control variable, against its formula."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
BATCH, SIZE, STEPS = 3, 8, 60

POOL = f"""const batch = {BATCH}
layer seen(x: [n]) -> [n] {{
  state last: [batch, n] = 0
  if training {{ last <- samples(x) }}
  return x
}}
network G(z: [2]) -> [2] = z |> dense(2)
network D(x: [2]) -> [1] = x |> dense(4) |> tanh |> dense(1)
network Pool(x: [2]) -> [2] = x |> seen |> history(size = {SIZE}) |> seen
game pooled {{
  data  x: [2] ~ normal(0, 1)
  noise z: [2] ~ normal(0, 1)
  player P(D, Pool) minimizes E[softplus(-D(x))] + E[softplus(D(Pool(G(z))))] with adam(lr = 1e-2)
  player G minimizes E[softplus(-D(Pool(G(z))))] with adam(lr = 1e-2)
  play {{ P; G }}
}}
"""
BEGAN = """const batch = 4
network A(x: [2]) -> [2] = x |> dense(3) |> tanh |> dense(2)
network G(z: [2]) -> [2] = z |> dense(2)
network Balance(real: [], fake: []) -> [] {
  state k: [] = 0.1
  state last: [2] = 0
  if training {
    k <- clamp(k + 0.05 * (0.7 * batch_mean(real) - batch_mean(fake)), 0, 1)
    last <- stack(batch_mean(real), batch_mean(fake))
  }
  return real - k * fake
}
game began {
  data  x: [2] ~ normal(1, 1)
  noise z: [2] ~ normal(0, 1)
  let real = mean(abs(A(x) - x))
  let fake = mean(abs(A(G(z)) - G(z)))
  player P(A, Balance) minimizes E[Balance(real, fake)] with adam(lr = 1e-2)
  player G minimizes E[fake] with adam(lr = 1e-2)
  play { P; G }
  metric k = Balance.k
}
"""


def states(name, text, steps):
    """The checkpoints of a run after each iteration."""
    source = os.path.join(scratch, name + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    binary, out = compile_model(source, source[:-5]), os.path.join(scratch, "run-" + name)
    for step in range(steps + 1):
        run([binary, "train", "--steps", str(step), "--seed", "5", "--out", out, "--quiet",
             *(["--resume"] if step else [])])
        yield read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
        rows = [line.split(",") for line in file.read().split()]
    if "k" in rows[0]:
        yield {int(row[0]): float(row[rows[0].index("k")]) for row in rows[1:]}


def rows(numbers):
    return [tuple(numbers[i:i + 2]) for i in range(0, len(numbers), 2)]


pool, used, swaps, chances = [None] * SIZE, 0, 0, 0
checkpoints = states("pooled", POOL, STEPS)
next(checkpoints)
for tensors in checkpoints:
    fresh, shown = rows(tensors["Pool.seen_0.last"]), rows(tensors["Pool.seen_1.last"])
    found = [row if held else None for row, held in zip(rows(tensors["Pool.history_0.pool"]),
                                                         tensors["Pool.history_0.used"])]
    empty = pool.count(None)
    expected = list(pool)
    for new, old in zip(fresh, shown):
        if new != old:  # an older sample came out, and the new one has its place
            expected[expected.index(old)] = new
            swaps += 1
    entered = [new for new, old in zip(fresh, shown) if new == old and new in found]
    assert len(entered) == min(empty, BATCH), (len(entered), empty)
    for new in entered:
        place = found.index(new)
        assert expected[place] is None, "a sample that came out as it is takes an empty place alone"
        expected[place] = new
    assert found == expected, (found, expected)
    chances += BATCH - len(entered)
    pool = found
assert None not in pool
assert abs(swaps - chances / 2) < 5 * (chances / 4) ** 0.5, (swaps, chances)

k, ks = 0.1, []
*checkpoints, logged = states("began", BEGAN, 12)
for tensors in checkpoints[1:]:
    real, fake = tensors["Balance.last"]
    k = min(1, max(0, k + 0.05 * (0.7 * real - fake)))
    assert abs(tensors["Balance.k"][0] - k) < 1e-6, (tensors["Balance.k"], k)
    ks.append(tensors["Balance.k"][0])
assert len(set(ks)) == 12 and 12 in logged and all(abs(k - ks[step - 1]) < 1e-6 for step, k in logged.items()), logged
print(f"a pool of {SIZE}: {swaps} of {chances} samples were exchanged; k went from 0.1 to {k:.4f}")
