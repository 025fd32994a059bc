# RUN: %python %s %t
"""A run whose numbers are no longer finite ends: it says whose and which, since when and what first made them so, and
keeps the last good checkpoint."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

GAN = """const batch = 16
network G(z: [2]) -> [2] = z |> dense(8) |> relu |> dense(2)
network D(x: [2]) -> [1] = x |> dense(8) |> relu |> dense(1)
game ring {
  data  x: [2] ~ ring(modes = 8, radius = 2, std = 0.02)
  noise z: [2] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with sgd(lr = 1e-3)
  player G minimizes E[softplus(-D(G(z)))] with sgd(lr = 1e-3)
  play { %s }
}
"""
# One parameter that goes down by 0.02 a step, and what is made of it.
FALL = """const batch = 4
network P() -> [1] { param w: [1] = 1; return w }
network Q() -> [1] { param w: [1] = 1; return w }
game fall {
  noise z: [1] ~ normal(0, 1)
  let p = P()
  player P minimizes E[p] with sgd(lr = 0.02)
  player Q minimizes E[(Q() - %s + 0 * z)^2] with sgd(lr = 0.01)
  play { P; Q }
}
"""
# The state of a norm alone: nothing that the objective reads.
STATE = """const batch = 4
layer watch(x: [n]) -> [n] {
  state seen: [n] = 1
  seen <- %s * seen
  return x
}
network P(z: [3]) -> [3] = z |> watch |> dense(3)
game norm {
  noise z: [3] ~ normal(0, 1)
  player P minimizes E[P(z)^2] with sgd(lr = 0.01)
}
"""


class Model:
    def __init__(self, name, text, *options):
        source = os.path.join(scratch, name + ".agon")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        self.lines = text.splitlines()
        self.name = name
        self.binary = compile_model(source, os.path.join(scratch, name), *options)
        self.out = self.binary + ".run"

    def fails(self, *options, fresh=True):
        """The one line that a run which must fail prints."""
        command = [self.binary, "train", "--out", self.out, "--quiet", *(["--force"] if fresh else ["--resume"])]
        _, message = run([*command, *options], 1)
        assert message.count("\n") == 1, message
        with open(os.path.join(self.out, "run.json"), encoding="utf-8") as file:
            assert json.load(file)["status"] == "failed"
        for name, numbers in read_safetensors(os.path.join(self.out, "checkpoint.safetensors")).items():
            assert all(abs(v) < float("inf") for v in numbers), (name, "the checkpoint is not finite")
        return message.strip()

    def place(self, text):
        line = next(i for i, each in enumerate(self.lines) if text in each)
        return f"{self.name}.agon:{line + 1}:{self.lines[line].index(text) + 1}"


def expect(message, pattern):
    assert re.search(pattern, message), f"{message}\nexpected {pattern}"


# A rate that explodes, of one player alone, by each order of play. Weights of 1e30 are finite: the turn that multiplies
# them is named, and the product, which is that player's.
for play in ("D; G", "D & G", "repeat 2 { D }; G"):
    model = Model("ring" + str(len(play)), GAN % play)
    for player in "DG":
        message = model.fails("--steps", "50", "--set", f"{player}.lr=1e30")
        expect(message, r"^ring: error: (D|G)'s weights are no longer finite: \1\.dense_[01]\.[Wb] has (NaN|inf) since "
                        rf"step \d+ \(turn of {'D & G' if '&' in play else '(D|G)'}\); first made by an overflow of ")
        expect(message, rf"in {player}#[\d+]+ at {model.name}\.agon:{'23'['GD'.index(player)]}:\d+.*; the last good "
                        r"checkpoint, of step 0, is kept$")
        one = model.fails("--steps", "50", "--set", f"{player}.lr=1e30", "--threads", "1")
        assert one == model.fails("--steps", "50", "--set", f"{player}.lr=1e30", "--threads", "2")

# log, sqrt and a quotient from step 50 on: the operation and its place; the one that reads it is not named.
for real in ("f32", "f64"):
    for name, expression, operation in (("log", "log(p)", "log"), ("sqrt", "sqrt(p)", "sqrt"),
                                        ("quotient", "(p - p) / max(p, 0)", "/"), ("power", "p^0.5", r"(sqrt|\^)")):
        model = Model(f"{name}-{real}", FALL % expression, f"--float={real}")
        message = model.fails("--steps", "200", "--checkpoint-every", "40", "--log-every", "7")
        expect(message, r"^fall: error: Q's (weights|objective) .* since step 5[01] \(turn of Q\)")
        expect(message, rf"first made by {operation}( or \S+)* at {re.escape(model.name)}\.agon:8:\d+")
        expect(message, r"the last good checkpoint, of step 40, is kept$")
        # Going on from there, it fails again in the same way.
        assert model.fails("--steps", "200", fresh=False) == message
        # The step is that of the turn, whatever the rows.
        again = model.fails("--steps", "200", "--checkpoint-every", "40", "--log-every", "100")
        assert again == message, again

# A state alone: noticed at the next row, and laid to the turn that made it.
model = Model("state", STATE % "log(batch_mean(x - x))")
for every in ("1", "9"):
    message = model.fails("--steps", "30", "--log-every", every)
    expect(message, r"^norm: error: P's states are no longer finite: P\.watch_0\.seen has (inf|NaN) since step 1 "
                    r"\(turn of P\); first made by log in P#1 at state\.agon:4:\d+; the last good checkpoint, of "
                    r"step 0")
model = Model("grows", STATE % "1e10")
message = model.fails("--steps", "30", "--log-every", "30")
expect(message, r"P\.watch_0\.seen has inf since step 4 \(turn of P\); first made by an overflow of .*\* in P#1 at "
                r"grows\.agon:4:")
print("all runs ended as they should")
