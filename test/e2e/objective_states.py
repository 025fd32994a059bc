# RUN: %python %s %t
"""The states of objectives move once in each turn of their owner and in no other: LeCam's averages, BEGAN's control
variable, the running mean of path lengths."""

import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from arrays import write_npy
from support import compile_model, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# The data have as many records as a minibatch, so that each draw is all of them. No parameter moves.
X = [[0.5, -1.0], [2.0, 0.25], [-0.5, 1.5], [1.0, 1.0]]
SOURCE = """const batch = 4
optimizer stay() { w <- w - 0 * g }
network G(z: [2]) -> [2] { param a: [2] = [0.5, 0.25]; return a * z }
network D(x: [2], y: [2]) -> [] {
  param W: [2] = [1, -0.5]
  return lecam(stack(dot(x, W)), stack(dot(y, W)), decay = 0.75)
}
layer balanced(x: [2], y: [2], W: [2], gamma, rate) -> [] =
  began(l1(W * x, x), l1(W * y, y), gamma = gamma, rate = rate)
network Up(x: [2], y: [2]) -> [] { param W: [2] = [0, 3]; return balanced(x, y, W, 1, 0.2) }
network Down(x: [2], y: [2]) -> [] { param W: [2] = [0, 3]; return balanced(x, y, W, 0.25, 0.05) }
// Each pixel is an element of w, and the length of a normal vector of 4096 is near 64.
network S(w: [4096]) -> [] {
  param unit: [] = 1
  return running_path_length(reshape(unit * w, 1, 64, 64), w, decay = 0.2)
}
game states {
  data  x: [2]
  noise w: [4096] ~ normal(0, 1)
  let fake = G(x)
  init Down.balanced_0.began_0.k = 0.9
  player D minimizes E[D(x, fake)] with stay()
  player Up minimizes E[Up(x, fake)] with stay()
  player Down minimizes E[Down(x, fake)] with stay()
  player S minimizes E[S(w)] with stay()
  player G minimizes E[sum(fake^2)] + E[D(x, fake)] + E[Up(x, fake)] with stay()
  play { D; Up & Down; S; G; G }
}
"""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def l1(x):
    """|W x - x| of W = (0, 3)."""
    return mean(mean((abs(row[0]), abs(2 * row[1]))) for row in x)


Y = [[0.5 * a, 0.25 * b] for a, b in X]
real, fake = (mean(a - 0.5 * b for a, b in rows) for rows in (X, Y))
write_npy(os.path.join(scratch, "x.npy"), [4, 2], [v for row in X for v in row])
source = os.path.join(scratch, "states.agon")
with open(source, "w", encoding="utf-8") as file:
    file.write(SOURCE)
binary = compile_model(source, source[:-5], "--float=f64")


def near(name, found, wanted, tolerance=1e-12):
    if abs(found - wanted) > tolerance:
        sys.exit(f"{name} is {found}, not {wanted}")


averages, up, down, path = [0, 0], 0.0, 0.9, 0.0
for steps in range(8):
    out = os.path.join(scratch, f"run{steps}")
    run([binary, "train", "--steps", str(steps), "--out", out, "--quiet", "--force", "--log-every", "1",
         "--data", f"x={scratch}/x.npy"])
    tensors = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    near(f"lecam's real_mean after {steps}", tensors["D.lecam_0.real_mean"][0], averages[0])
    near(f"lecam's fake_mean after {steps}", tensors["D.lecam_0.fake_mean"][0], averages[1])
    near(f"k after {steps}", tensors["Up.balanced_0.began_0.k"][0], up)
    near(f"k that falls after {steps}", tensors["Down.balanced_0.began_0.k"][0], down)
    near(f"the mean length after {steps}", tensors["S.running_path_length_0.average"][0], path, 0.02)
    if steps:
        with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
            row = list(csv.DictReader(file))[-1]
        for player, wanted in expected.items():
            near(f"{player}'s objective in step {steps}", float(row[player]), wanted, 1e-6)
    # The objectives of the next step, with the states as they are now.
    expected = {"D": mean((a - 0.5 * b - averages[1]) ** 2 for a, b in X) +
                mean((a - 0.5 * b - averages[0]) ** 2 for a, b in Y),
                "Up": l1(X) - up * l1(Y), "Down": l1(X) - down * l1(Y)}
    averages = [0.75 * averages[0] + 0.25 * real, 0.75 * averages[1] + 0.25 * fake]
    up = min(max(up + 0.2 * (l1(X) - l1(Y)), 0), 1)
    down = min(max(down + 0.05 * (0.25 * l1(X) - l1(Y)), 0), 1)
    path = 0.8 * path + 0.2
print("states of objectives move once a turn of their owner")
